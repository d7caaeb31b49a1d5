"""What waits without a code: sent on by the rules of the inbox, and filed by itself where a unit wants that."""

from __future__ import annotations

import json
from typing import Any

from sqlmodel import select

from eakte import access, case_files, correcting, documents, inbox, mail_room
from eakte.audit import AuditEvent, AuditTag
from eakte.case_file_tables import CaseFile
from eakte.document_tables import Document
from eakte.inbox_rule_tables import InboxRule
from eakte.inbox_tables import InboxItem, InboxStatus
from eakte.intake import suggestions_filing
from eakte.intake.matching import WITHOUT_CODE
from eakte.intake.receive import Delivery, receive_batch
from eakte.letter_tables import Letter
from eakte.principals import Unit
from eakte.scan_tables import ScanItem, ScanOutcome
from eakte.seals import seal
from eakte.transfer_note_tables import TransferNote
from tests.domain.registry import Registry
from tests.domain.test_suggestions import ERIKA
from tests.domain.waiting_texts import waiting_with


def place(registry: Registry, item: InboxItem) -> Document:
    """As the worker does once the text is recognised."""
    document = registry.session.get_one(Document, item.document_id)
    suggestions_filing.place_document_waiting(registry.session, document)
    return document


def switch_on(registry: Registry, unit_id: str = "SO", threshold: float = 0.95) -> None:
    registry.session.get_one(Unit, unit_id).files_without_code_from = threshold


def text_about(case_file: CaseFile) -> str:
    return f"Erika Muster\nZu {case_file.reference}: geb. 03.04.1985"


def of_batch(registry: Registry, *items: InboxItem, codes: dict[int, list[str]] | None = None) -> list[ScanItem]:
    """Put items into one batch, in order, page after page of one file."""
    batch, _ = receive_batch(
        registry.session, registry.actor("scan-1"), Delivery("scan-1", "op", "1"), [registry.stored(b"Scan")]
    )
    rows = [
        ScanItem(
            batch_id=batch.id,
            position=position,
            outcome=ScanOutcome.INBOX,
            reason=WITHOUT_CODE,
            document_id=item.document_id,
            sheets=[[0, position + 1]],
            codes=(codes or {}).get(position, []),
        )
        for position, item in enumerate(items)
    ]
    registry.session.add_all(rows)
    registry.session.flush()
    return rows


# -- filing by itself --------------------------------------------------------------------------------


def test_nothing_files_itself_where_no_unit_wants_it(registry: Registry) -> None:
    case_file = registry.case_file(unit="SO", parties=(ERIKA,))
    item = waiting_with(registry, text_about(case_file))

    assert place(registry, item).case_file_id is None
    assert item.status is InboxStatus.WAITING


def test_what_is_sure_enough_files_itself_and_the_trail_tells_why_and_it_can_be_taken_back(registry: Registry) -> None:
    registry.station()
    switch_on(registry)
    case_file, other = registry.case_file(unit="SO", parties=(ERIKA,)), registry.case_file(unit="SO")
    item = waiting_with(registry, text_about(case_file))
    (scan_item,) = of_batch(registry, item)

    document = place(registry, item)

    assert (document.case_file_id, item.status, item.done_by) == (case_file.id, InboxStatus.FILED, None)
    assert (scan_item.outcome, scan_item.reason) == (ScanOutcome.FILED, "Ohne Code von selbst abgelegt.")
    assert access.document_for(registry.session, registry.actor("anna"), document.id)
    payload = filed_event(registry, document)
    assert (payload["by"], payload["unit"], payload["score"]) == ("text", "SO", 0.98)
    assert payload["evidence"].startswith(f"Aktenzeichen {case_file.reference} im Text, Seite 1; Name und Geburtsdatum")
    correcting.move_document(registry.session, registry.actor("anna"), document.id, other.id)
    correcting.withdraw_document(registry.session, registry.actor("anna"), document.id, "falsch abgelegt")


def filed_event(registry: Registry, document: Document) -> dict[str, Any]:
    registry.session.commit()
    wanted = select(AuditEvent).where(
        AuditEvent.tag == AuditTag.DOCUMENT_FILED, AuditEvent.object_id == str(document.id)
    )
    event = registry.session.exec(wanted).one()
    return dict(json.loads(event.payload or "{}"))


def test_what_is_not_sure_not_alone_not_open_or_not_the_units_waits(registry: Registry) -> None:
    switch_on(registry)
    registry.unit("PO")
    mine = registry.case_file(unit="SO", parties=(ERIKA,))
    completed, others = registry.case_file(unit="SO", parties=(ERIKA,)), registry.case_file(unit="PO", parties=(ERIKA,))
    case_files.complete_case_file(registry.session, registry.actor(), completed.id)

    for text in (
        f"zu {mine.reference}",  # 0.9 only
        text_about(completed),
        text_about(others),
        f"{text_about(mine)} und {others.reference}",
    ):
        assert place(registry, waiting_with(registry, text)).case_file_id is None, text
    assert place(registry, waiting_with(registry, text_about(mine), unit="PO")).case_file_id is None


def test_nothing_with_doubts_about_codes_files_itself(registry: Registry) -> None:
    registry.station()
    switch_on(registry)
    case_file = registry.case_file(unit="SO", parties=(ERIKA,))
    items = [waiting_with(registry, text_about(case_file)) for _ in range(6)]
    coded, damaged, beside, apart, concerning, lettered = items
    rows = of_batch(registry, *items[:4], codes={0: ["EAKTE1"], 2: ["EAKTE2"]})
    rows[2].sheets, rows[3].sheets = [[0, 3]], [[0, 5]]
    version = documents.newest_version(registry.session, registry.session.get_one(Document, damaged.document_id))
    said = seal({"anomalies": ["Ein Antwortcode ist beschädigt."]})
    registry.session.add(
        TransferNote(
            version_id=version.id, batch_id=rows[0].batch_id, station_id="scan-1", content=said.content,
            digest=said.digest,
        )
    )  # fmt: skip
    concerning.concerns_case_file_id = case_file.id
    lettered.letter_id = registry.session.get_one(Letter, registry.letter(case_file).id).id
    rows[1].sheets = [[0, 9]]
    registry.session.flush()

    for doubtful in (coded, damaged, concerning, lettered):
        assert place(registry, doubtful).case_file_id is None
    assert place(registry, beside).case_file_id is None, "it carries a code itself"
    assert place(registry, apart).case_file_id == case_file.id, "a separator lies between it and the coded page"


def test_a_page_right_beside_a_coded_one_waits_for_a_person(registry: Registry) -> None:
    registry.station()
    switch_on(registry)
    case_file = registry.case_file(unit="SO", parties=(ERIKA,))
    coded, beside = (waiting_with(registry, text_about(case_file)) for _ in range(2))
    first, second = of_batch(registry, coded, beside, codes={0: ["EAKTE1"]})

    assert place(registry, beside).case_file_id is None
    for sheets in ([[0, 1]], [[1, 5]]), ([[0, 1], [0, 8]], [[0, 3], [0, 6]]), ([[0, 4]], []):
        first.sheets, second.sheets = sheets
        assert place(registry, beside).case_file_id is None, "other files and collated passes tell nothing"
    first.sheets, second.sheets = [[0, 4], [0, 5]], [[0, 7]]
    second.reason = "Das Deckblatt gibt es hier nicht."
    assert place(registry, beside).case_file_id is None
    second.reason = WITHOUT_CODE
    assert place(registry, beside).case_file_id == case_file.id


# -- rules of the inbox ------------------------------------------------------------------------------


def rule(registry: Registry, position: int, unit_id: str, **condition: Any) -> None:
    registry.session.add(InboxRule(position=position, unit_id=unit_id, **condition))
    registry.session.flush()


def other_units(registry: Registry) -> None:
    registry.station()
    for unit_id in ("WG", "KFZ", "LEER"):
        registry.unit(unit_id)
    registry.person("wanda", "WG")
    registry.person("karl", "KFZ")


def test_the_first_rule_that_fits_sends_what_waits_at_the_station_on(registry: Registry) -> None:
    other_units(registry)
    rule(registry, 1, "LEER", words=["Wohngeld"])
    rule(registry, 2, "WG", words=["Mietbescheinigung", "Wohngeld*"])
    rule(registry, 3, "KFZ", sender="Kraftfahrt-Bundesamt", station_id="scan-1")
    texts = {
        "Antrag auf WOHNGELD": "WG",
        "Wohn-\ngeldantrag": "WG",
        "Kraftfahrt - Bundesamt\nFlensburg\nHalteranfrage": "KFZ",
        "\n".join(["Zeile"] * 20) + "\nKraftfahrt-Bundesamt": "SO",
        "Ein Gewohngeld": "SO",
        "": "SO",
    }
    items = [waiting_with(registry, text) for text in texts]
    of_batch(registry, *items)

    for item in items:
        place(registry, item)

    assert [item.unit_id for item in items] == list(texts.values())
    assert items[0].reason.endswith("Hierher durch Eingangsregel 2 (Wort „Wohngeld*“).")
    waiting = inbox.list_waiting(registry.session, registry.actor("wanda"), limit=9)
    assert [one.item.id for one in waiting] == [items[0].id, items[1].id]


def test_rules_leave_alone_what_a_code_names_what_came_another_way_and_what_a_person_sent(registry: Registry) -> None:
    other_units(registry)
    rule(registry, 1, "WG", words=["Wohngeld"])
    known, forwarded, by_mail = (waiting_with(registry, "Wohngeld") for _ in range(3))
    known.concerns_case_file_id = registry.case_file(unit="SO").id
    of_batch(registry, known, forwarded)
    inbox.forward_item(registry.session, registry.actor("anna"), forwarded.id, "KFZ", "")

    for item in (known, forwarded, by_mail):
        place(registry, item)

    assert [item.unit_id for item in (known, forwarded, by_mail)] == ["SO", "KFZ", "SO"]


def test_after_a_rule_the_unit_it_names_may_have_it_filed(registry: Registry) -> None:
    other_units(registry)
    rule(registry, 1, "WG", words=["Wohngeld"])
    switch_on(registry, "WG")
    case_file = registry.case_file(unit="WG", parties=(ERIKA,))
    item = waiting_with(registry, f"{text_about(case_file)} Wohngeld")
    of_batch(registry, item)

    assert place(registry, item).case_file_id == case_file.id


# -- the mail room -----------------------------------------------------------------------------------


def test_the_mail_room_counts_only_what_the_visitor_may_see(registry: Registry) -> None:
    other_units(registry)
    registry.person("both", "SO", "WG")
    oldest = registry.waiting("SO")
    registry.waiting("SO", concerns=registry.case_file())
    registry.waiting("SO", concerns=registry.case_file(unit="SO"))
    withdrawn = registry.waiting("SO")
    inbox.reject_item(registry.session, registry.actor("anna"), withdrawn.id, "Werbung")
    registry.waiting("KFZ")

    def counted(person: str) -> list[tuple[str, int]]:
        lines = mail_room.waiting_by_unit(registry.session, registry.actor(person))
        return [(line.unit_id, line.count) for line in lines]

    assert counted("both") == [("SO", 2), ("WG", 0)]
    assert counted("karl") == [("KFZ", 1)]
    first = mail_room.waiting_by_unit(registry.session, registry.actor("both"))[0]
    assert first.oldest_at == oldest.created_at
    shown = mail_room.waiting_in(registry.session, registry.actor("both"), "SO", limit=9)
    assert len(shown) == 2
    assert mail_room.waiting_in(registry.session, registry.actor("both"), "KFZ", limit=9) == []


def test_the_mail_room_tells_which_rule_fits_what_came_before_it(registry: Registry) -> None:
    other_units(registry)
    waiting_with(registry, "Antrag auf Wohngeld")
    rule(registry, 1, "WG", words=["Wohngeld"])

    (line,) = mail_room.waiting_in(registry.session, registry.actor("anna"), "SO", limit=9)

    assert line.match is not None
    assert (line.match.unit_id, line.match.reason) == ("WG", "Eingangsregel 1 (Wort „Wohngeld“)")
    assert [unit.id for unit in mail_room.units_of_rules(registry.session, besides="SO")] == ["WG"]
