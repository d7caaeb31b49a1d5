"""Cover sheets: they steer what lies behind them only while whoever printed them may file there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from eakte import case_files, cover_sheet_codes, cover_sheets, documents, installation, places, return_codes
from eakte.case_file_tables import CaseFile
from eakte.case_file_writing import CaseFileCompleted
from eakte.cover_sheet_codes import CoverCode
from eakte.cover_sheet_tables import CoverSheet
from eakte.cover_sheets import CoverSheetWish
from eakte.document_tables import Document, DocumentKind
from eakte.errors import EakteError, Invalid, NotFound, NotPermitted
from eakte.intake import receive
from eakte.intake.filing import CutSegment, file_stack
from eakte.intake.splitting import read_page, split
from eakte.paper import PageReading
from eakte.return_codes import RefusedCode
from eakte.scan_tables import ScanItem, ScanOutcome
from ocr.press.letter_press import LocalLetterPress
from tests.domain.registry import Registry
from tests.domain.test_matching import page_with, printed
from tests.letters.builders import opened, shown, symbols, text_of

KEY = b"0123456789abcdef"
CODE_ID = "7K3QX9MWTR"


class Desk:
    """Anna prints, the station scans."""

    def __init__(self, registry: Registry, folder: Path) -> None:
        self.registry, self.folder = registry, folder
        self.stacks = 0

    def print(self, *wishes: CoverSheetWish, actor: str = "anna") -> list[CoverSheet]:
        session, who = self.registry.session, self.registry.actor(actor)
        return cover_sheets.make_cover_sheets(session, who, cover_sheets.plan_cover_sheets(session, who, wishes))

    def page(self, number: int, sheet: CoverSheet) -> PageReading:
        return page_with(number, cover_sheet_codes.payload(sheet.code_id, self.key))

    @property
    def key(self) -> bytes:
        return installation.return_code_key(self.registry.session)

    def scan(self, *pages: PageReading) -> list[ScanItem]:
        registry = self.registry
        self.stacks += 1
        batch, _ = receive.receive_batch(
            registry.session,
            registry.actor("scan-1"),
            receive.Delivery("scan-1", "op", f"stapel-{self.stacks}"),
            [registry.stored(b"Stapel")],
        )
        segments = split([read_page(0, reading, self.key) for reading in pages])
        pieces = [CutSegment(segment, registry.stored(b"Blatt"), stands_upright=True) for segment in segments]
        file_stack(registry.session, batch, pieces, operator_id="scan-1")
        return receive.items_of(registry.session, batch)


@pytest.fixture
def desk(registry: Registry, tmp_path: Path) -> Desk:
    registry.unit("POST")
    registry.station("scan-1", "POST")
    return Desk(registry, tmp_path)


def test_what_lies_behind_a_cover_sheet_lies_in_its_case_file(desk: Desk) -> None:
    registry = desk.registry
    registry.entry("11", sections=("Vertrag",))
    case_file = registry.case_file("11", unit="SO")
    (sheet,) = desk.print(CoverSheetWish(case_file.id, "Vertrag", "Arbeitsvertrag", DocumentKind.INTERNAL, "default"))

    (item,) = desk.scan(desk.page(1, sheet), PageReading(2, blank=True), PageReading(3), PageReading(4))

    document = registry.session.get_one(Document, item.document_id)
    assert (item.outcome, item.case_file_id, item.sheets) == (ScanOutcome.FILED, case_file.id, [[0, 3], [0, 4]])
    assert (document.case_file_id, document.section, document.title) == (case_file.id, "Vertrag", "Arbeitsvertrag")
    assert (document.kind, document.received_on) == (DocumentKind.INTERNAL, None)
    assert documents.newest_version(registry.session, document).page_count == 2
    assert (sheet.times_used, sheet.used_at is None) == (1, False)


def test_each_cover_sheet_of_a_stack_steers_up_to_the_next(desk: Desk) -> None:
    first, second = desk.registry.case_file(unit="SO"), desk.registry.case_file(unit="SO")
    sheets = desk.print(CoverSheetWish(first.id), CoverSheetWish(second.id))
    separator = page_with(6, "PATCHT")

    items = desk.scan(
        PageReading(1), desk.page(2, sheets[0]), PageReading(3), desk.page(4, sheets[1]), PageReading(5), separator,
        PageReading(7),
    )  # fmt: skip

    assert [(item.sheets, item.case_file_id) for item in items] == [
        ([[0, 1]], None), ([[0, 3]], first.id), ([[0, 5]], second.id), ([[0, 7]], None),
    ]  # fmt: skip


def test_a_sheet_for_one_stack_steers_once_and_a_reusable_one_every_time(desk: Desk) -> None:
    case_file = desk.registry.case_file(unit="SO")
    once, often = desk.print(CoverSheetWish(case_file.id), CoverSheetWish(case_file.id, reusable=True))

    items = desk.scan(*(page for n in (1, 3) for page in (desk.page(n, once), PageReading(n + 1))))
    again = desk.scan(*(page for n in (1, 3) for page in (desk.page(n, often), PageReading(n + 1))))

    assert [item.outcome for item in items] == [ScanOutcome.FILED, ScanOutcome.INBOX]
    assert "gilt nur einmal" in (items[1].reason or "")
    assert [item.outcome for item in again] == [ScanOutcome.FILED] * 2


def _complete(desk: Desk, case_file: CaseFile) -> None:
    case_files.complete_case_file(desk.registry.session, desk.registry.actor(), case_file.id)


def _take_right_away(desk: Desk, case_file: CaseFile) -> None:
    case_file.responsible_unit_id = "POST"
    desk.registry.session.flush()
    places.responsibility_changed(desk.registry.session, case_file)


@pytest.mark.parametrize(
    ("befalls", "reason"), [(_complete, "abgeschlossen"), (_take_right_away, "darf dort nicht mehr ablegen")]
)
def test_what_changed_since_printing_counts(desk: Desk, befalls: Callable[[Desk, CaseFile], None], reason: str) -> None:
    case_file = desk.registry.case_file(unit="SO")
    (sheet,) = desk.print(CoverSheetWish(case_file.id))
    befalls(desk, case_file)

    (item,) = desk.scan(desk.page(1, sheet), PageReading(2))

    assert (item.outcome, item.case_file_id) == (ScanOutcome.INBOX, None)
    assert reason in (item.reason or "")
    assert sheet.times_used == 0


def test_a_letters_sheet_among_the_pages_goes_home_and_the_rest_to_a_person(desk: Desk) -> None:
    registry = desk.registry
    case_file, other = registry.case_file(unit="SO"), registry.case_file(unit="SO")
    letter = registry.letter(other)
    (sheet,) = desk.print(CoverSheetWish(case_file.id))

    items = desk.scan(desk.page(1, sheet), PageReading(2), page_with(3, printed(registry, letter, 1)), PageReading(4))

    assert [(item.outcome, item.case_file_id) for item in items] == [
        (ScanOutcome.INBOX, None), (ScanOutcome.FILED, other.id), (ScanOutcome.INBOX, None),
    ]  # fmt: skip
    assert "anderen Code" in (items[0].reason or "")


@pytest.mark.parametrize("forged", ["no row", "damaged", "other installation"])
def test_anything_else_never_steers(desk: Desk, forged: str) -> None:
    payload = {
        "no row": cover_sheet_codes.payload(CODE_ID, desk.key),
        "damaged": cover_sheet_codes.payload(CODE_ID, desk.key)[:-1] + "I",
        "other installation": cover_sheet_codes.payload(CODE_ID, KEY),
    }[forged]

    items = desk.scan(page_with(1, payload), PageReading(2))

    assert all(item.outcome is ScanOutcome.INBOX and item.case_file_id is None for item in items)
    assert [2] in [[page for _, page in item.sheets] for item in items] or forged != "no row"


def test_a_cover_sheets_code_is_no_return_code_and_the_other_way_round() -> None:
    cover, answer = cover_sheet_codes.payload(CODE_ID, KEY), return_codes.payload(CODE_ID, 1, KEY)

    assert cover_sheet_codes.read(cover, KEY) == CoverCode(CODE_ID)
    assert return_codes.read(cover, KEY) is None
    assert cover_sheet_codes.read(answer, KEY) is None
    assert cover_sheet_codes.read(cover, b"another key of a city") == RefusedCode(cover)


@pytest.mark.parametrize(
    ("right", "refusal"),
    [pytest.param(None, NotFound, id="unknown to them"), pytest.param("read", NotPermitted, id="may read only")],
)
def test_only_who_may_file_prints(desk: Desk, right: str | None, refusal: type[EakteError]) -> None:
    case_file = desk.registry.case_file()
    if right is not None:
        desk.registry.grant(case_file, "person:anna", right)

    with pytest.raises(refusal):
        desk.print(CoverSheetWish(case_file.id))


def test_wrong_wishes_are_named(desk: Desk) -> None:
    case_file = desk.registry.case_file(unit="SO")
    good = CoverSheetWish(case_file.id)

    for wishes, pointer in (
        ([good, CoverSheetWish(case_file.id, section="keins")], "/sheets/1/section"),
        ([CoverSheetWish(case_file.id, profile="bunt")], "/sheets/0/profile"),
        ([], "/sheets"),
        ([good] * (cover_sheets.MOST_SHEETS + 1), "/sheets"),
    ):
        with pytest.raises(Invalid) as refusal:
            desk.print(*wishes)
        assert refusal.value.fields[0].pointer == pointer
    _complete(desk, case_file)
    with pytest.raises(CaseFileCompleted):
        desk.print(good)


def test_sheets_are_printed_again_only_for_whoever_ordered_them(desk: Desk) -> None:
    registry = desk.registry
    registry.person("otto", "SO")
    (sheet,) = desk.print(CoverSheetWish(registry.case_file(unit="SO").id))

    faces = cover_sheets.printed_before(registry.session, registry.actor("anna"), sheet.printing_id)

    assert [face.payload for face in faces] == [cover_sheet_codes.payload(sheet.code_id, desk.key)]
    with pytest.raises(NotFound):
        cover_sheets.printed_before(registry.session, registry.actor("otto"), sheet.printing_id)


def test_a_printed_sheet_says_where_it_leads_and_is_read_whichever_way_round(
    registry: Registry, tmp_path: Path
) -> None:
    case_file = registry.case_file(unit="SO")
    wishes = [CoverSheetWish(case_file.id, title="Größe <1>"), CoverSheetWish(case_file.id, reusable=True)]
    planned = cover_sheets.plan_cover_sheets(registry.session, registry.actor("anna"), wishes)
    target = tmp_path / "sheets.pdf"
    target.write_bytes(cover_sheets.draw(LocalLetterPress(), planned.faces, tmp_path))

    with opened(target) as document:
        assert len(document) == 2
    assert all(words in text_of(target) for words in (case_file.reference, "Größe <1>", "Gilt für einen Stapel"))
    assert "mehrmals" in text_of(target, 2)
    key = installation.return_code_key(registry.session)
    image = shown(target, dpi=200).rotate(180)
    assert {symbol.text for symbol in symbols(image)} == {cover_sheet_codes.payload(planned.code_ids[0], key)}
