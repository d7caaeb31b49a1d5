"""One contract, every engine: what is found, in which order, and by whom."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from eakte.ports import IndexEntry, SearchIndex
from eakte.search_query import parse
from tests.fulltext.builders import entry, found
from tests.fulltext.index_processes import ENGINES, open_index


@pytest.fixture(params=ENGINES)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> SearchIndex:
    """An empty index of each engine."""
    made = open_index(request.param, tmp_path / "index")
    made.rebuild([])
    return made


LETTERS = [
    entry(1, "Ihr Antrag auf Sondernutzungserlaubnis vom 31.12.2026 ist eingegangen."),
    entry(2, "Die Anträge wurden abgelehnt. Gebühr 1.234,56 €", names=["Müller, Hans"], document_kind="outgoing"),
    entry(3, "Der Gesamtbetrag ist fällig. IBAN DE89 3704 0044 0532 0130 00", dated_on=date(2026, 3, 31)),
    entry(
        4, "Frau Mueller erhält eine Erlaubnis; aufschiebende Wirkung hat der Widerspruch.", dated_on=date(2026, 4, 1)
    ),
    entry(
        5,
        "Die Sondernut-\nzungserlaubnis gilt bis 31. Dezember 2026.",
        "Zweite Seite: Widersprüche",
        reference="11.20/2026/00042",
    ),
    entry(
        6, "Das Amt bestätigt 1234,56 Euro zu Az. 11.20-2026-42.", title="Anhörung Schmitt", dated_on=date(2025, 12, 31)
    ),
    entry(
        7,
        "Die Wirkung ist nicht aufschiebend.",
        names=["Meier-Schulze GmbH"],
        document_kind="internal",
        poorly_read=True,
    ),
    entry(8, "Sozialamtsleitung, E-Mail an Frau Becker", reference="50.100/2026/7", poorly_read=True),
]


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("Anträge", {1, 2}),
        ("ANTRAG", {1, 2}),
        ("Erlaubnis", {1, 4, 5}),
        ("Nutzungserlaubnis", {1, 5}),
        ("Sondernutzungserlaubnisse", {1, 5}),
        ("müller", {2, 4}),
        ("MUELLER", {2, 4}),
        ("Amt", {6, 8}),
        ("Betrag", {3}),
        ("31.12.2026", {1, 5}),
        ("2026-12-31", {1, 5}),
        ("31. Dezember 2026", {1, 5}),
        ("Dezember", {5}),
        ("1234,56", {2, 6}),
        ("1.234,56 €", {2, 6}),
        ("DE89370400440532013000", {3}),
        ("de89 3704 0044 0532 0130 00", {3}),
        ("DE89", set()),
        ("11.20/2026/00042", {5, 6}),
        ("11.20 / 2026 / 42", {5, 6}),
        ("az:11.20-2026-42", {5}),
        ("az:011.20/2026/042", {5}),
        ("az:11.20/2026", {5}),
        ("az:11.20*", {5}),
        ("az:50.100", {8}),
        ("50.100/2026/7", {8}),
        ("az:1.20/2026/42", set()),
        ("von:Müller", {2}),
        ("von:Mueller", {2}),
        ("von:meier", {7}),
        ("von:Meier-Schulze", {7}),
        ('von:"Hans Müller"', set()),
        ('von:"Müller, Hans"', {2}),
        ("von:Sch*", {7}),
        ('"aufschiebende Wirkung"', {4}),
        ('"aufschiebenden Wirkungen"', {4}),
        ("aufschiebende Wirkung", {4, 7}),
        ('"eine Erlaubnis"', {4}),
        ('"auf Erlaubnis"', {1}),
        ('"Erlaubnis vom 31. Dezember 2026"', {1}),
        ('"Seite Widerspruch"', {5}),
        ('"2026 zweite"', set()),
        ("Widerspr*", {4, 5}),
        ("w*", set()),
        ("Schmidt~", {6}),
        ("Meyer~", {7}),
        ("Email", {8}),
        ("E-Mail", {8}),
        ("typ:ausgang", {2}),
        ("typ:intern", {7}),
        ("gelesen:schlecht", {7, 8}),
        ("typ:intern gelesen:schlecht", {7}),
        ("Amt -gelesen:schlecht", {6}),
        ("typ:eingang Erlaubnis", {1, 4, 5}),
        ("datum:2026", {3, 4}),
        ("datum:2026-03", {3}),
        ("datum:31.03.2026..1.4.2026", {3, 4}),
        ("datum:..2025", {6}),
        ("datum:2026-04..", {4}),
        ("Erlaubnis -Mueller", {1, 5}),
        ("Erlaubnis -typ:eingang", set()),
        ("-Erlaubnis -Antrag", {3, 6, 7, 8}),
        ('Wirkung -"aufschiebende Wirkung"', {7}),
        ("Anhörung", {6}),
        ("Becker", {8}),
        ("Hundesteuer", set()),
        ("Antrag Hundesteuer", set()),
        ("", set()),
        ('- * "', set()),
    ],
)
def test_what_is_found(index: SearchIndex, typed: str, numbers: set[int]) -> None:
    index.update(LETTERS)
    assert set(found(index, typed)) == numbers


def test_exact_before_stem_before_part_before_similar(index: SearchIndex) -> None:
    index.update(
        [
            entry(1, "Anträgt nichts"),
            entry(2, "Sammelantrag " * 30),
            entry(3, "Anträge " * 30),
            entry(4, "Hier steht ein langer Text, in dem nur einmal das Wort Antrag vorkommt. " + "Fülltext " * 200),
        ]
    )
    assert found(index, "Antrag") == [4, 3, 2]
    assert found(index, "Antrag~")[:3] == [4, 3, 2]


def test_title_reference_and_names_weigh_more_than_pages(index: SearchIndex) -> None:
    index.update(
        [
            entry(1, "Hundesteuer " * 50),
            entry(2, "etwas", title="Hundesteuer"),
            entry(3, "Wortlaut", names=["Hundesteuer AG"]),
        ]
    )
    assert set(found(index, "Hundesteuer")[:2]) == {2, 3}
    index.update([entry(4, "Zu Az. 11.20/2026/00042 " * 20), entry(5, "etwas", reference="11.20/2026/00042")])
    assert found(index, "11.20/2026/42") == [5, 4]


def test_case_files_are_found_like_documents(index: SearchIndex) -> None:
    case_file = IndexEntry("case_file", entry(1).id, 1, "Bauakte Marktplatz", (), "11.20/2026/00001", ("Ärmel, Änne",))
    index.update([case_file, entry(1, "Marktplatz")])
    hits = index.search(parse("Marktplatz"), scope_ids=[1], limit=10)
    assert [hit.kind for hit in hits] == ["case_file", "document"]
    index.update([], removed=[("case_file", case_file.id)])
    assert [hit.kind for hit in index.search(parse("Marktplatz"), scope_ids=[1], limit=10)] == ["document"]


@pytest.mark.parametrize(
    ("scopes", "numbers"),
    [([], []), ([99], []), ([1], [1]), ([3, 2], [2, 3]), (range(1, 50_000), [1, 2, 3]), ((0,), [])],
)
def test_only_entries_in_readable_scopes_are_found(index: SearchIndex, scopes: list[int], numbers: list[int]) -> None:
    index.update([entry(number, "Geheimnis", scope=number) for number in (1, 2, 3)])
    assert sorted(found(index, "Geheimnis", scopes=scopes)) == numbers
    assert sorted(found(index, "-Hundesteuer", scopes=scopes)) == numbers
    assert sorted(found(index, "Geheim*", scopes=scopes)) == numbers


def test_unreadable_entries_take_no_place_on_a_page(index: SearchIndex) -> None:
    index.update([entry(number, "Bescheid " * (20 if number % 2 else 1), scope=number % 2) for number in range(40)])
    pages = [found(index, "Bescheid", scopes=[0], limit=8, offset=offset) for offset in (0, 8, 16, 24)]
    assert [len(page) for page in pages] == [8, 8, 4, 0]
    assert sorted(number for page in pages for number in page) == list(range(0, 40, 2))


def test_scopes_may_come_as_an_array(index: SearchIndex) -> None:
    index.update([entry(1, "Bescheid", scope=7)])
    assert found(index, "Bescheid", scopes=np.array([6, 7])) == [1]  # type: ignore[arg-type]


def test_a_newer_entry_takes_the_place_of_the_older(index: SearchIndex) -> None:
    index.update([entry(1, "Entwurf"), entry(2, "Entwurf")])
    index.update([entry(1, "Endfassung", scope=2)])
    assert found(index, "Entwurf", scopes=[1, 2]) == [2]
    assert found(index, "Endfassung", scopes=[1]) == []
    assert found(index, "Endfassung", scopes=[2]) == [1]
    assert index.count() == 2


def test_what_comes_twice_in_one_update_is_there_once(index: SearchIndex) -> None:
    index.update([entry(1, "erste"), entry(1, "zweite")])
    assert (found(index, "erste"), found(index, "zweite"), index.count()) == ([], [1], 1)


def test_what_is_removed_is_gone(index: SearchIndex) -> None:
    index.update([entry(1, "Bescheid"), entry(2, "Bescheid")])
    index.update([], removed=[("document", entry(1).id), ("document", entry(99).id)])
    assert found(index, "Bescheid") == [2]
    assert index.count() == 1


def test_removing_and_adding_in_one_update_leaves_the_new(index: SearchIndex) -> None:
    index.update([entry(1, "alt")])
    index.update([entry(1, "neu")], removed=[("document", entry(1).id)])
    assert (found(index, "neu"), index.count()) == ([1], 1)


def test_a_rebuild_replaces_everything(index: SearchIndex) -> None:
    index.update([entry(1, "Bescheid"), entry(2, "Bescheid")])
    assert index.rebuild(entry(number, "Bescheid") for number in (2, 3, 4)) == 3
    assert sorted(found(index, "Bescheid")) == [2, 3, 4]
    assert index.count() == 3
    index.update([entry(5, "Bescheid")])
    assert sorted(found(index, "Bescheid")) == [2, 3, 4, 5]


def test_equal_hits_keep_their_order(index: SearchIndex) -> None:
    index.update([entry(number, "Bescheid") for number in range(30)])
    once = found(index, "Bescheid")
    assert found(index, "Bescheid", limit=10) + found(index, "Bescheid", limit=20, offset=10) == once


def test_empty_texts_and_odd_characters_are_no_trouble(index: SearchIndex) -> None:
    index.update(
        [
            entry(1),
            entry(2, "", title=""),
            entry(3, "a\x00b\ud800 \U0001f600 " + "x" * 100_000),
            entry(4, "漢字 Привет"),
        ]
    )
    assert index.count() == 4
    assert found(index, "Привет") == [4]
    assert found(index, "\ud800 \x00 b") == [3]
