"""Search through the access door: what one may not see is neither found nor counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from eakte import access, documents, granting, grants, indexing, nodes, page_words, search
from eakte.access_tables import ROOT_SCOPE_ID, AccessScope, GrantCause, Right
from eakte.actors import Actor
from eakte.case_file_tables import CaseFile
from eakte.document_tables import Page
from eakte.granting import ExclusionWish
from eakte.holding_back import hold_back
from eakte.paper import TextSource
from eakte.ports import SearchIndex
from eakte.quarantine_tables import QuarantineCause, Verdict, VirusCheck
from storage.tantivy_index import TantivyIndex
from tests.domain.registry import Registry

WORD = "Wanderfalke"


@pytest.fixture
def case_files(registry: Registry) -> list[CaseFile]:
    """Six, which Anna's unit leads, and Bert in it too."""
    registry.person("bert", "SO")
    return [registry.case_file(unit="SO", title=f"{WORD} {number}") for number in range(6)]


@pytest.fixture
def index(registry: Registry, case_files: list[CaseFile], tmp_path: Path) -> SearchIndex:
    """As it was when the case files were opened: it has not heard of anything since."""
    index = TantivyIndex(tmp_path / "index")
    index.rebuild([indexing.case_file_entry(registry.session, row) for row in case_files])
    return index


def keep_anna_out(registry: Registry, *rows: CaseFile) -> None:
    for row in rows:
        granting.exclude(registry.session, registry.actor(), nodes.case_file(row.id), ExclusionWish("anna", "Nichte"))


def pages(registry: Registry, index: SearchIndex, actor: Actor, *, size: int) -> list[list[str]]:
    """The titles on each page of hits, and that each begins where the one before says."""
    told: list[list[str]] = []
    offset: int | None = 0
    while offset is not None:
        assert offset == sum(map(len, told)), "an offset counts what was shown"
        found = search.find(registry.session, index, actor, WORD, limit=size, offset=offset)
        told.append([hit.title for hit in found.hits])
        offset = found.next_offset
    return told


def test_pages_of_hits_count_only_what_one_may_see(
    registry: Registry, case_files: list[CaseFile], index: SearchIndex
) -> None:
    keep_anna_out(registry, case_files[0], case_files[2], case_files[3])

    assert [sorted(page) for page in pages(registry, index, registry.actor("anna"), size=2)] == [
        [f"{WORD} 1", f"{WORD} 4"],
        [f"{WORD} 5"],
    ]


@pytest.mark.parametrize("hidden", [0, 1, 5, 6], ids=["all", "most", "few", "nothing"])
def test_whoever_may_read_all_most_few_or_nothing_finds_just_that(
    registry: Registry, case_files: list[CaseFile], index: SearchIndex, hidden: int
) -> None:
    keep_anna_out(registry, *case_files[:hidden])
    index.update([indexing.case_file_entry(registry.session, row) for row in case_files])
    anna = registry.actor("anna")

    told = [title for page in pages(registry, index, anna, size=4) for title in page]

    assert sorted(told) == [row.title for row in case_files[hidden:]]


@pytest.mark.parametrize("hidden", [0, 1, 3])
def test_whoever_may_read_most_of_everything_finds_all_but_what_they_may_not(
    registry: Registry, case_files: list[CaseFile], index: SearchIndex, hidden: int
) -> None:
    grants.add_grant(registry.session, ROOT_SCOPE_ID, "person:anna", Right.READ, GrantCause.APPLIED)
    for number in range(10):
        registry.entry(f"6{number}")
    keep_anna_out(registry, *case_files[:hidden])
    anna = registry.actor("anna")
    assert access.holds_most(registry.session, access.scopes_with(registry.session, anna))

    told = [title for page in pages(registry, index, anna, size=4) for title in page]

    assert sorted(told) == [row.title for row in case_files[hidden:]]


def test_the_scopes_with_a_right_and_those_without_are_all_there_are(
    registry: Registry, case_files: list[CaseFile]
) -> None:
    keep_anna_out(registry, case_files[0])
    for name in ("anna", "registrar"):
        actor = registry.actor(name)
        with_right = set(access.scopes_with(registry.session, actor).ids)
        without = set(access.scopes_without(registry.session, actor).ids)
        assert not with_right & without
        assert with_right | without == set(registry.session.exec(select(AccessScope.id)))


def test_poorly_read_pages_are_found_and_led_to(registry: Registry, index: SearchIndex) -> None:
    case_file = registry.case_file(unit="SO")
    for title, confidences in (("gut", [0.95, 0.9]), ("mittendrin", [0.95, 0.4]), ("nichts erkannt", [None])):
        document = registry.document(case_file, title=title)
        version = documents.newest_version(registry.session, document)
        registry.session.add_all(
            Page(
                version_id=version.id, page_number=number, width_mm=210, height_mm=297, text=f"Seite {number}",
                words=page_words.pack([]), source=TextSource.OCR, confidence=confidence,
            )
            for number, confidence in enumerate(confidences, start=1)
        )  # fmt: skip
        registry.session.flush()
        entry = indexing.document_entry(registry.session, document)
        assert entry is not None
        index.update([entry])

    found = search.find(registry.session, index, registry.actor("anna"), "gelesen:schlecht")

    assert {(hit.title, hit.page) for hit in found.hits} == {("mittendrin", 2), ("nichts erkannt", 1)}


@pytest.mark.parametrize("kept_back", ["the document", "the same bytes elsewhere"])
def test_what_is_put_into_quarantine_later_is_shown_by_its_title_alone(
    registry: Registry, index: SearchIndex, kept_back: str
) -> None:
    document = registry.document(registry.case_file(unit="SO"), title="Brief")
    version = documents.newest_version(registry.session, document)
    registry.session.add(
        Page(
            version_id=version.id, page_number=1, width_mm=210, height_mm=297, text="Der Uhu ist da.",
            words=page_words.pack([]), source=TextSource.OCR, confidence=0.9,
        )
    )  # fmt: skip
    registry.session.flush()
    entry = indexing.document_entry(registry.session, document)
    assert entry is not None
    index.update([entry])
    anna = registry.actor("anna")
    assert "Uhu" in search.find(registry.session, index, anna, "Uhu").hits[0].snippet

    if kept_back == "the document":
        hold_back(registry.session, version, QuarantineCause.INFECTED, "Der Virenscanner meldet etwas.")
    else:
        registry.session.add(VirusCheck(sha256=version.sha256, verdict=Verdict.INFECTED, detail="etwas"))
        registry.session.flush()

    [hit] = search.find(registry.session, index, anna, "Uhu").hits  # the index lags
    assert (hit.title, hit.snippet, hit.page) == ("Brief", "", None)
