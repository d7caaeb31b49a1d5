"""Last part: everything lies where it belongs, is found by those who may, and by nobody else."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pypdfium2

from api.demo.board import Board
from api.demo.callers import Caller
from api.demo.caseworker import SentLetter
from api.demo.post_office import ENCLOSED_WORD, FOREIGN_WORD, Delivered

_FOUND_WITHIN_S = 20.0
INBOX_UNIT = "POST"


def check_filing(board: Board, caseworker: Caller, delivered: Delivered, letters: Sequence[SentLetter]) -> None:
    """The answers lie in their case files, and their letters know it."""
    with board.step("Die Antworten liegen in ihren Akten") as step:
        outcomes = [item["outcome"] for item in delivered.items]
        expected = ["filed", "inbox", "filed", "filed"]
        board.expect(outcomes == expected, f"Vier Dokumente: {', '.join(expected)} (hier: {', '.join(outcomes)})")
        pages = [len(item["pages"]) for item in delivered.items]
        board.expect(pages == [1, 1, 2, 2], f"Sie haben 1, 1, 2, 2 Seiten; Trennblätter gehören zu keinem ({pages})")
        for letter in letters:
            told = caseworker.get(f"/letters/{letter.id}")
            held = caseworker.get(f"/case-files/{letter.case_file.id}/documents")["items"]
            incoming = {document["id"] for document in held if document["kind"] == "incoming"}
            known = told["answered_on"] is not None and {told["answer_document_id"]} == incoming
            board.expect(known, f"Die Antwort auf {letter.return_code} liegt in {letter.case_file.reference}")
            step.tell(f"{letter.case_file.reference}  {letter.return_code}  beantwortet am {told['answered_on']}")


def check_inbox(board: Board, clerk: Caller, outsider: Caller, delivered: Delivered) -> None:
    """The foreign letter waits in the inbox of the station's unit, and for nobody else."""
    with board.step("Der fremde Brief wartet im Postkorb") as step:
        items = clerk.get("/inbox")["items"]
        foreign = [item["document_id"] for item in delivered.items if item["outcome"] == "inbox"]
        waits = [item["document_id"] for item in items] == foreign and items[0]["unit"] == INBOX_UNIT
        board.expect(bool(foreign) and waits, "Der fremde Brief, und nur er, wartet im Postkorb der Poststelle")
        board.expect(outsider.get("/inbox")["items"] == [], "In anderen Postkörben wartet nichts")
        step.tell(f"Poststelle: „{items[0]['title']}“, {items[0]['reason']}" if items else "nichts")


def check_search(
    board: Board, caseworker: Caller, clerk: Caller, delivered: Delivered, letters: Sequence[SentLetter]
) -> None:
    """Words that stood only on the scanned sheets are found, with page and snippet."""
    with board.step("Die Suche findet, was nur auf dem Papier stand") as step:
        answers = [item["document_id"] for item in delivered.items if item["outcome"] == "filed"]
        foreign = [item["document_id"] for item in delivered.items if item["outcome"] == "inbox"]
        wanted = [(letter.draft.word, 1, document) for letter, document in zip(letters, answers, strict=False)]
        wanted += [(ENCLOSED_WORD, 2, document) for document in answers[-1:]]
        for word, page, document_id in wanted:
            _expect_found(board, step.tell, caseworker, word, page, document_id)
        for document_id in foreign:
            _expect_found(board, step.tell, clerk, FOREIGN_WORD, 1, document_id)


def check_searchable_pdf(board: Board, caseworker: Caller, delivered: Delivered, letters: Sequence[SentLetter]) -> None:
    """The searchable PDFs hold the words as text."""
    with board.step("Das durchsuchbare PDF enthält den Text") as step:
        answers = [item["document_id"] for item in delivered.items if item["outcome"] == "filed"]
        for letter, document_id in zip(letters, answers, strict=False):
            content = caseworker.call("GET", f"/documents/{document_id}/content", params={"rendition": "searchable"})
            text = _text_of(content.content)
            board.expect(letter.draft.word in text, f"„{letter.draft.word}“ steht im durchsuchbaren PDF")
            step.tell(f"„{letter.draft.word}“: {len(content.content) / 1e3:.0f} kB")


def check_rights(board: Board, outsider: Caller, delivered: Delivered, letters: Sequence[SentLetter]) -> None:
    """For somebody without rights none of it exists."""
    with board.step("Wer kein Recht hat, findet nichts") as step:
        words = [letter.draft.word for letter in letters] + [ENCLOSED_WORD, FOREIGN_WORD, "Entgeltabrechnung"]
        for word in words:
            found = outsider.get("/search", q=word)["items"]
            board.expect(found == [], f"Ohne Recht wird „{word}“ nicht gefunden ({len(found)} Treffer)")
        step.tell(f"{len(words)} Suchen ohne Treffer")

        nothing = outsider.ask("GET", f"/documents/{uuid4()}")
        paths = [f"/documents/{item['document_id']}" for item in delivered.items]
        paths += [f"{path}{door}" for path in paths for door in ("/content", "/pages/1/image", "/text")]
        paths += [f"/case-files/{letter.case_file.id}" for letter in letters] + [f"/letters/{letters[0].id}"]
        for path in paths:
            answer = outsider.ask("GET", path)
            hidden = answer.status_code == 404 and answer.json() == nothing.json()
            board.expect(hidden, f"{path} gibt es für Unberechtigte nicht ({answer.status_code})")
        step.tell(f"{len(paths)} Adressen: 404, wie für das, was es nicht gibt")


def _expect_found(board: Board, tell: Any, reader: Caller, word: str, page: int, document_id: str) -> None:
    """The index may lag a moment behind the rows."""
    deadline = time.monotonic() + _FOUND_WITHIN_S
    while True:
        hits = reader.get("/search", q=word)["items"]
        if hits or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    right = len(hits) == 1 and hits[0]["document_id"] == document_id and hits[0]["page"] == page
    right = right and word in hits[0]["snippet"]
    board.expect(right, f"„{word}“ wird auf Seite {page} gefunden, mit Fundstelle ({len(hits)} Treffer)")
    if hits:
        tell(
            f"„{word}“: {hits[0]['reference'] or 'Postkorb'}, Seite {hits[0]['page']}: {_shortened(hits[0]['snippet'])}"
        )


def _shortened(snippet: str) -> str:
    line = " ".join(snippet.split())
    return line if len(line) <= 90 else line[:89] + "…"


def _text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
