"""The quality check by sample, and transfer notes on the pages."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlmodel import col, select

from api.service import Service
from eakte.document_tables import DocumentVersion
from eakte.inbox_tables import InboxItem
from eakte.principals import RoleHolding
from eakte.seals import seal
from eakte.transfer_note_tables import Quality, TransferNote
from tests.pages.desk import Desk
from tests.pages.town import Town


@pytest.fixture
def sample(service: Service, town: Town) -> list[tuple[UUID, UUID]]:
    """Note and document of both products of the town's stack, which are in the sample."""
    with service.database.writing() as session:
        found = []
        for item_id in town.items:
            document_id = session.get_one(InboxItem, item_id).document_id
            note = session.exec(
                select(TransferNote)
                .join(DocumentVersion, col(DocumentVersion.id) == col(TransferNote.version_id))
                .where(DocumentVersion.document_id == document_id)
            ).one()
            said = seal({**note.facts, "quality_assurance": {"in_sample": True, "share": 100}})
            note.content, note.digest, note.quality = said.content, said.digest, Quality.WAITING
            found.append((note.id, document_id))
        return found


def test_good_and_fault_are_one_key_each_and_bring_the_next(
    aenne: Desk, otto: Desk, town: Town, sample: list[tuple[UUID, UUID]]
) -> None:
    first, second = (f"/qualitaet/{note_id}" for note_id, _ in sample)
    screen = aenne.open("/qualitaet")
    assert [button.get("data-key") for button in screen.all("button") if button.get("data-key")] == ["g", "x"]
    assert "Gescannt von" in screen.text
    assert not screen.unlabelled()
    assert not screen.faults
    assert "Nichts ist zu prüfen" in otto.open("/qualitaet").text
    assert otto.open(first).status == 404

    following = aenne.send(screen.form(first), result="good")

    assert (following.path, "Als gut vermerkt" in following.text) == (second, True)
    form = following.form(second)
    empty = aenne.send(form, result="fault", remark="")
    assert (empty.status, "Die Bemerkung fehlt" in empty.text) == (422, True)
    faulty = aenne.send(form, result="fault", remark="Rand fehlt", rescan="yes", form_id="neu")
    assert all(words in faulty.text for words in ("Offene Mängel", "Rand fehlt", "neu scannen"))
    assert not faulty.unlabelled()
    batch = aenne.open(f"/stapel/{town.batch}").text
    assert all(words in batch for words in ("1 gut, 1 mit Mangel", "Rand fehlt – bitte neu scannen"))
    assert "Mangel" in aenne.open(f"/dokumente/{sample[1][1]}").text
    settled = aenne.send(faulty.form(f"{second}/erledigt"), remark="Stapel 8")
    assert "Der Mangel ist erledigt" in settled.text
    assert "Offene Mängel" not in settled.text


def test_a_note_stands_beside_what_was_scanned_and_can_be_printed_and_exported(
    aenne: Desk, otto: Desk, town: Town, sample: list[tuple[UUID, UUID]]
) -> None:
    document = f"/dokumente/{sample[0][1]}"

    for path in (document, f"/postkorb/{town.items[0]}"):
        assert all(words in aenne.open(path).text for words in ("Transfervermerk", "Übereinstimmung", "unverändert"))
    assert "Transfervermerk" not in aenne.open(f"/dokumente/{town.application}").text
    printed = aenne.client.get(f"{document}/transfervermerk")
    assert (printed.headers["content-type"], printed.content[:5]) == ("application/pdf", b"%PDF-")
    assert otto.client.get(f"{document}/transfervermerk").status_code == 404
    for form in ("csv", "jsonl"):
        exported = aenne.client.get(f"/stapel/{town.batch}/transfervermerke/{form}").text
        assert all(str(document_id) in exported for _, document_id in sample)
        assert otto.client.get(f"/stapel/{town.batch}/transfervermerke/{form}").status_code == 404


def test_whoever_leads_the_scanning_resolves_a_pseudonym_with_a_reason(
    aenne: Desk, service: Service, town: Town
) -> None:
    path = f"/stapel/{town.batch}"
    assert "Pseudonym auflösen" not in aenne.open(path).text
    with service.database.writing() as session:
        session.add(RoleHolding(person_id="änne", role="scan-lead", unit_id="SO-EH"))

    screen = aenne.open(path)
    assert not screen.unlabelled()
    told = aenne.send(screen.form(f"{path}/pseudonym"), reason="Rückfrage")

    assert told.status == 422
    assert "ist nicht hinterlegt" in told.text
