"""Second part: a caseworker's letters are made, approved and posted with their return codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api.demo import paper
from api.demo.board import Board
from api.demo.callers import Caller
from api.demo.paper import Writing
from api.demo.specialist_system import OpenedFile


@dataclass(frozen=True)
class Draft:
    """A letter to be made, and what its recipient will write on the sheet that comes back.

    Attributes:
        answer_page: Page of the letter that comes back, from 1.
        word: Of the answer; it stands nowhere but on that sheet.
    """

    template: str
    data: dict[str, Any]
    answer_page: int
    answer: tuple[Writing, ...]
    word: str


@dataclass(frozen=True)
class SentLetter:
    """A letter that went out."""

    draft: Draft
    case_file: OpenedFile
    id: UUID
    return_code: str
    pdf: bytes


DRAFTS = (
    Draft(
        "brief",
        {
            "betreff": "Anzeige einer Nebentätigkeit",
            "text": "Sie haben uns mitgeteilt, dass Sie eine Nebentätigkeit aufnehmen möchten. Bitte schreiben Sie "
            "uns, worin sie besteht und wie viele Stunden in der Woche sie umfasst.",
        },
        answer_page=1,
        answer=(Writing("Ich züchte Weinbergschnecken,\nungefähr vier Stunden in der Woche.", 30, 215),),
        word="Weinbergschnecken",
    ),
    Draft(
        "anhoerung",
        {
            "betreff": "Anhörung: Rückforderung einer Zulage",
            "text": "Ihnen wurde von Juni bis August 2026 eine Zulage gezahlt, die wir zurückzufordern beabsichtigen.",
            "rechtsgrundlage": "§ 28 Abs. 1 VwVfG",
        },
        answer_page=2,
        answer=(
            # each between two of the form's ruled lines
            Writing("Die Zulage war für meinen Dienst", 28, 117.6, 4.0),
            Writing("am Leuchtturm ausdrücklich vereinbart.", 28, 126.2, 4.0),
        ),
        word="Leuchtturm",
    ),
    Draft(
        "einladung",
        {
            "betreff": "Einladung zum Gespräch über Ihre Arbeitszeit",
            "termin": "2026-12-15",
            "uhrzeit": "10:30 Uhr",
            "ort": "Rathaus, Zimmer 214",
        },
        answer_page=1,
        answer=(Writing("Ich bringe eine Dolmetscherin mit.", 30, 245, 5.0),),
        word="Dolmetscherin",
    ),
)


def send_letters(board: Board, caseworker: Caller, case_files: Sequence[OpenedFile]) -> list[SentLetter]:
    """Make, approve and post a letter from each template."""
    sent = []
    with board.step("Die Sachbearbeiterin macht Schreiben, gibt sie frei und versendet sie") as step:
        for draft, case_file in zip(DRAFTS, case_files[: len(DRAFTS)], strict=True):
            request = {"template": draft.template, "data": draft.data, "recipient": str(case_file.recipient_id)}
            letter = caseworker.call("POST", f"/case-files/{case_file.id}/letters", status=201, json=request).json()
            caseworker.call("POST", f"/letters/{letter['id']}/approve")
            posted = caseworker.call("POST", f"/letters/{letter['id']}/post").json()
            pdf = caseworker.call("GET", f"/documents/{letter['document_id']}/content").content
            sent.append(SentLetter(draft, case_file, UUID(letter["id"]), letter["return_code"], pdf))
            board.expect(posted["status"] == "posted", f"Das Schreiben „{draft.template}“ ist versandt")
            step.tell(f"{case_file.reference}  {draft.template:<10} Antwortcode {letter['return_code']}")
    return sent


def answered(letter: SentLetter) -> Any:
    """The sheet that comes back, filled in."""
    (sheet,) = paper.printed(letter.pdf, [letter.draft.answer_page])
    return paper.written_on(sheet, *letter.draft.answer)
