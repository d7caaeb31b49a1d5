"""The life of a letter, with the real press: made, stamped, approved, posted, cancelled, answered."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from eakte import access, case_files, correcting, documents, installation, letters, reading, return_codes
from eakte.case_file_tables import CaseFile, Party
from eakte.case_file_writing import CaseFileCompleted
from eakte.clock import today
from eakte.document_tables import Document, DocumentKind
from eakte.errors import Conflict, Invalid, NotFound, NotPermitted
from eakte.letter_tables import Letter, LetterStatus, LetterTemplate
from eakte.letters import RenderedLetter
from eakte.parties import PartyWish
from eakte.return_codes import ReturnCode
from eakte.shipped_templates import ensure_shipped_templates
from ocr.press.letter_press import LocalLetterPress
from storage.database import Database
from storage.folder_blobs import FolderBlobs
from tests.domain.registry import Registry

LETTER_OF_TWO = b"<html><body><p>{{ akte.zeichen }}</p><p style='break-before:page'>Zweite Seite</p></body></html>"


@pytest.fixture
def press() -> LocalLetterPress:
    return LocalLetterPress()


def prepare(
    registry: Registry,
    case_file: CaseFile,
    press: LocalLetterPress,
    tmp_path: Path,
    *,
    template: str = "brief",
    recipient: Party | None = None,
    actor: str = "registrar",
    **data: object,
) -> RenderedLetter:
    ensure_shipped_templates(registry.session, registry.blobs)
    planned = letters.plan_letter(
        registry.session,
        registry.actor(actor),
        case_file.id,
        template_id=template,
        data=data,
        recipient_id=None if recipient is None else recipient.id,
        city="Musterstadt",
    )
    return letters.render_letter(planned, registry.blobs, press, tmp_path / "work")


def template(registry: Registry, content: bytes, answer_sheets: list[int] | None) -> str:
    ensure_shipped_templates(registry.session, registry.blobs)
    blob = registry.blobs.put(io.BytesIO(content))
    registry.session.add(
        LetterTemplate(
            id="eigene", name="Eigene", position=1, sha256=blob.sha256, file_name="eigene.html",
            media_type="text/html", answer_sheets=answer_sheets,
        )
    )  # fmt: skip
    registry.session.flush()
    return "eigene"


def printed(registry: Registry, document_id: object) -> list[list[str]]:
    """What each page of a letter's original carries as symbols."""
    content = reading.content_of(registry.session, registry.actor(), document_id)  # type: ignore[arg-type]
    with reading.open_content(registry.blobs, content) as stream:
        pdf = pypdfium2.PdfDocument(stream.read())
    pages = [sorted(found.text for found in zxingcpp.read_barcodes(page.render(scale=3).to_pil())) for page in pdf]
    pdf.close()
    return pages


def text_of(registry: Registry, rendered: RenderedLetter) -> str:
    with registry.blobs.open(rendered.stored.blob.sha256) as stream:
        pdf = pypdfium2.PdfDocument(stream.read())
    text = "\n".join(page.get_textpage().get_text_bounded() for page in pdf)
    pdf.close()
    return text


# -- making ----------------------------------------------------------------------------------------------


def test_the_shipped_letter_is_complete_with_no_data_and_carries_its_code(
    registry: Registry, press: LocalLetterPress, tmp_path: Path
) -> None:
    case_file = registry.case_file()
    rendered = prepare(registry, case_file, press, tmp_path)

    letter = letters.make_letter(registry.session, registry.actor(), rendered)

    (payload,) = letters.payloads(registry.session, letter)
    assert printed(registry, letter.document_id) == [[payload, payload]]
    assert return_codes.read(payload, installation.return_code_key(registry.session)) == ReturnCode(letter.code_id, 1)
    document = registry.session.get_one(Document, letter.document_id)
    assert (document.kind, document.case_file_id, document.document_date) == (
        DocumentKind.OUTGOING, case_file.id, today(),
    )  # fmt: skip
    assert letter.status is LetterStatus.DRAFT
    assert list((tmp_path / "work").iterdir()) == [], "nothing is left lying about"


def test_every_sheet_with_room_is_stamped_and_told_from_those_expected_back(
    registry: Registry, press: LocalLetterPress, tmp_path: Path
) -> None:
    case_file = registry.case_file()
    own = template(registry, LETTER_OF_TWO, [2])

    letter = letters.make_letter(
        registry.session, registry.actor(), prepare(registry, case_file, press, tmp_path, template=own)
    )

    first, second = printed(registry, letter.document_id)
    assert len(set(first)) == 1
    assert set(second) == set(letters.payloads(registry.session, letter))
    assert (letter.answer_sheets, letter.coded_sheets, letter.own_sheets) == ([2], [1, 2], [1])


def test_without_saying_so_every_page_is_expected_back(
    registry: Registry, press: LocalLetterPress, tmp_path: Path
) -> None:
    own = template(registry, LETTER_OF_TWO, None)

    assert prepare(registry, registry.case_file(), press, tmp_path, template=own).answer_sheets == [1, 2]


def test_two_letters_never_share_a_code(registry: Registry, press: LocalLetterPress, tmp_path: Path) -> None:
    case_file = registry.case_file()

    first, second = (prepare(registry, case_file, press, tmp_path) for _ in range(2))

    assert first.code_id != second.code_id


def test_a_protected_address_is_printed_on_its_own_letter_only(
    registry: Registry, press: LocalLetterPress, tmp_path: Path
) -> None:
    hidden = {"street": "Geheimweg 7", "postal_code": "12345", "city": "Verborgen"}
    case_file = registry.case_file(
        parties=(
            PartyWish("parent", "Erika Mustermann", address=hidden, protected=True),
            PartyWish("parent", "Max Mustermann", address={"text": "Allee 1, 54321 Anderswo"}),
        )
    )
    erika, max_ = case_files.parties_of(registry.session, registry.actor(), case_file.id)
    own = template(
        registry,
        b"<p>{{ empfaenger.anschrift | join(' ') }}</p>{% for b in beteiligte %}<p>{{ b.name }}</p>{% endfor %}",
        None,
    )

    to_max = text_of(registry, prepare(registry, case_file, press, tmp_path, template=own, recipient=max_))
    to_erika = text_of(registry, prepare(registry, case_file, press, tmp_path, template=own, recipient=erika))

    assert "Geheimweg" not in to_max
    assert "Allee 1" in to_max
    assert "Geheimweg 7" in to_erika


def test_a_letter_that_cannot_be_made_leaves_nothing_behind(
    registry: Registry, press: LocalLetterPress, tmp_path: Path
) -> None:
    case_file, other = registry.case_file(), registry.case_file(parties=(PartyWish("parent", "Erika"),))
    (stranger,) = case_files.parties_of(registry.session, registry.actor(), other.id)
    before = len(documents.list_documents(registry.session, registry.actor(), case_file.id, limit=9))

    with pytest.raises(Invalid, match="„keine“ gibt es nicht"):
        prepare(registry, case_file, press, tmp_path, template="keine")
    with pytest.raises(Invalid, match="beteiligte Person dieser Akte"):
        prepare(registry, case_file, press, tmp_path, recipient=stranger)
    with pytest.raises(Invalid, match="nur 2 Seiten"):
        prepare(registry, case_file, press, tmp_path, template=template(registry, LETTER_OF_TWO, [3]))
    with pytest.raises(Invalid, match="zu lang"):
        prepare(registry, case_file, press, tmp_path, text="lang " * 3000)

    assert len(documents.list_documents(registry.session, registry.actor(), case_file.id, limit=9)) == before


def test_making_needs_the_right_to_file_and_an_open_case_file(
    registry: Registry, press: LocalLetterPress, tmp_path: Path
) -> None:
    case_file = registry.case_file()
    with pytest.raises(NotFound):
        prepare(registry, case_file, press, tmp_path, actor="anna")
    registry.grant(case_file, "person:anna")
    with pytest.raises(NotPermitted):
        prepare(registry, case_file, press, tmp_path, actor="anna")
    rendered = prepare(registry, case_file, press, tmp_path)
    case_files.complete_case_file(registry.session, registry.actor(), case_file.id)
    with pytest.raises(CaseFileCompleted):
        letters.make_letter(registry.session, registry.actor(), rendered)


# -- on its way ------------------------------------------------------------------------------------------


def draft(registry: Registry) -> Letter:
    letter = registry.letter(registry.case_file())
    letter.status, letter.posted_on = LetterStatus.DRAFT, None
    registry.session.flush()
    return letter


def test_a_letter_is_approved_then_posted_and_repeating_is_harmless(registry: Registry) -> None:
    letter, session, actor = draft(registry), registry.session, registry.actor()
    with pytest.raises(Conflict, match="nur was freigegeben ist"):
        letters.post_letter(session, actor, letter.id)

    letters.approve_letter(session, actor, letter.id)
    letters.approve_letter(session, actor, letter.id)
    yesterday = today() - timedelta(days=1)
    letters.post_letter(session, actor, letter.id, posted_on=yesterday)
    letters.post_letter(session, actor, letter.id, posted_on=yesterday)

    assert (letter.status, letter.posted_on, letter.posted_by) == (LetterStatus.POSTED, yesterday, "registrar")
    with pytest.raises(Conflict, match="versandt"):
        letters.approve_letter(session, actor, letter.id)


def test_nothing_was_posted_tomorrow(registry: Registry) -> None:
    letter = draft(registry)
    letters.approve_letter(registry.session, registry.actor(), letter.id)

    with pytest.raises(Invalid, match="Zukunft"):
        letters.post_letter(registry.session, registry.actor(), letter.id, posted_on=today() + timedelta(days=1))


def test_an_answered_letter_is_not_cancelled_any_more(registry: Registry) -> None:
    case_file = registry.case_file()
    letter, other = registry.letter(case_file), registry.letter(case_file)
    letters.mark_answered(
        registry.session, letter, registry.document(case_file).id, received_on=today(), by=registry.actor()
    )

    with pytest.raises(Conflict, match="schon eine Antwort"):
        letters.cancel_letter(registry.session, registry.actor(), letter.id)
    letters.cancel_letter(registry.session, registry.actor(), other.id)
    letters.cancel_letter(registry.session, registry.actor(), other.id)
    with pytest.raises(Conflict, match="storniert"):
        letters.post_letter(registry.session, registry.actor(), other.id)


def test_letters_are_listed_newest_first_as_far_as_readable(registry: Registry) -> None:
    case_file = registry.case_file()
    first, second, gone = (registry.letter(case_file) for _ in range(3))
    correcting.withdraw_document(registry.session, registry.actor(), gone.document_id, "Versehen")

    listed = letters.letters_of(registry.session, registry.actor(), case_file.id)

    assert [letter.id for letter in listed] == [second.id, first.id]
    with pytest.raises(NotFound):
        letters.letters_of(registry.session, registry.actor("anna"), case_file.id)
    with pytest.raises(NotFound):
        access.letter_for(registry.session, registry.actor(), gone.id)


def test_services_that_start_at_once_bring_the_shipped_template_once(database: Database, blobs: FolderBlobs) -> None:

    def start(_number: int) -> None:
        with database.writing() as session:
            ensure_shipped_templates(session, blobs)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(4)))

    with database.reading() as session:
        assert [template.id for template in letters.list_templates(session)] == ["brief"]
