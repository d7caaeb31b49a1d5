"""The mail room that damaged stacks go through: real reading, splitting and matching, a real database of letters."""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import zxingcpp
from sqlmodel import Session

from benchmarks.damage import Chance
from benchmarks.damaged_stacks import DamagedPage, PrintedLetter
from eakte import actors, case_files, grants, installation, letters, return_codes, scopes
from eakte.access_tables import EVERYTHING, ROOT_SCOPE_ID, GrantCause, ScopeKind
from eakte.case_files import CaseFileWish
from eakte.documents import StoredFile
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.intake.matching import decide
from eakte.intake.splitting import Segment, StackPage, read_page, split
from eakte.letters import RenderedLetter
from eakte.levels import Level
from eakte.principals import Principal, PrincipalKind, SpecialistSystem
from eakte.shipped_templates import ensure_shipped_templates
from ocr.looking import page_reading, read_picture
from ocr.pages import Picture
from storage.database import Database
from storage.folder_blobs import FolderBlobs
from storage.migration import upgrade

_SYSTEM = "sender"
_LETTER_COUNT = 120

Tally = Counter[str]


@dataclass(frozen=True)
class MailRoom:
    """A small city whose letters are out."""

    database: Database
    key: bytes
    letters: tuple[PrintedLetter, ...]

    def some_letters(self, chance: Chance) -> list[PrintedLetter]:
        """A stack's worth of different letters."""
        chosen = chance.choice(len(self.letters), size=int(chance.integers(4, 12)), replace=False)
        return [self.letters[index] for index in chosen]


def set_up(folder: Path) -> MailRoom:
    """A migrated SQLite with a hundred letters, each in a case file of its own, one to three sheets expected back."""
    folder.mkdir(parents=True, exist_ok=True)
    database = Database(f"sqlite:///{folder / 'eakte.sqlite3'}")
    upgrade(database)
    blobs = FolderBlobs(folder / "blobs")
    with Session(database.engine, expire_on_commit=False) as session:
        session.add(Principal(id=_SYSTEM, kind=PrincipalKind.SYSTEM, name="Absender", ceiling=max(Level)))
        session.flush()
        session.add(SpecialistSystem(id=_SYSTEM))
        session.flush()
        grants.add_grant(session, ROOT_SCOPE_ID, f"system:{_SYSTEM}", EVERYTHING, GrantCause.APPLIED)
        scope_id = scopes.make_scope(session, ScopeKind.FILING_PLAN, "50", ROOT_SCOPE_ID)
        session.add(FilingPlanEntry(code="50", title="Soziales", parent_code=None, access_scope_id=scope_id))
        session.flush()
        ensure_shipped_templates(session, blobs)
        stored = StoredFile(blobs.put(io.BytesIO(b"Schreiben")), "brief.pdf", "application/pdf")
        printed = tuple(_send(session, stored, sheets=1 + number % 3) for number in range(_LETTER_COUNT))
        key = installation.return_code_key(session)
        session.commit()
    return MailRoom(database, key, printed)


def _send(session: Session, stored: StoredFile, *, sheets: int) -> PrintedLetter:
    actor = actors.actor_for(session, _SYSTEM)
    case_file = case_files.open_case_file(
        session, actor, CaseFileWish("50", "Akte"), reference_format="{plan}/{year}/{number:05d}"
    )
    planned = letters.plan_letter(
        session, actor, case_file.id, template_id="brief", data={}, recipient_id=None, city="Musterstadt"
    )
    rendered = RenderedLetter(planned, return_codes.new_code_id(), list(range(1, sheets + 1)), stored)
    letter = letters.make_letter(session, actor, rendered)
    letters.approve_letter(session, actor, letter.id)
    letters.post_letter(session, actor, letter.id)
    return PrintedLetter(letter.code_id, sheets)


def work(room: MailRoom, stack: Iterable[DamagedPage], *, with_baseline: bool) -> Tally:
    """Read, split and match a stack as the product does, and compare with the truth."""
    tally: Tally = Counter()
    drawn: list[DamagedPage] = []
    pages: list[StackPage] = []
    for number, page in enumerate(stack, start=1):
        drawn.append(page)
        pages.append(_read(room, number, page, tally))
        if with_baseline and page.payload is not None:
            _read_by_zxing_alone(page, tally)
    with Session(room.database.engine) as session:
        for segment in split(pages):
            decision = decide(session, segment)
            _judge(
                segment, decision.letter.code_id if decision.letter and decision.files_itself else None, drawn, tally
            )
    return tally


def _read(room: MailRoom, number: int, page: DamagedPage, tally: Tally) -> StackPage:
    before_ns = time.process_time_ns()
    ink, read = read_picture(Picture(page.picture, float(page.scan.dpi)))
    spent_us = (time.process_time_ns() - before_ns) // 1000
    stack_page = read_page(0, page_reading(number, ink, read), room.key)

    tally["pages"] += 1
    kind = "coded" if page.payload else "separator" if page.separates else "uncoded"
    climbed = "climbed" if read.attempts else "first pass"
    tally[f"{kind} {climbed} pages"] += 1
    tally[f"{kind} {climbed} us"] += spent_us
    tally["refused texts"] += len(stack_page.refused)
    accepted = {text for text in stack_page.code_texts if text != page.payload}
    tally["accepted texts that were not printed"] += len(accepted) if page.payload else 0
    if page.payload:
        found = page.payload in stack_page.code_texts
        by_climbing = found and any(code.text == page.payload for code in read.climbed_for)
        for each in page.kinds:
            tally[f"kind {each}: pages"] += 1
            tally[f"kind {each}: first pass"] += found and not by_climbing
            tally[f"kind {each}: ladder"] += by_climbing
            tally[f"kind {each}: noticed"] += not found and (read.unread or bool(stack_page.refused))
        for each in (f"{page.scan.dpi} dpi", page.scan.coding):
            tally[f"scan {each}: pages"] += 1
            tally[f"scan {each}: first pass"] += found and not by_climbing
            tally[f"scan {each}: ladder"] += by_climbing
            tally[f"scan {each}: noticed"] += not found and (read.unread or bool(stack_page.refused))
    elif page.separates:
        tally["separators read"] += stack_page.separator
    else:
        tally["uncoded pages with a false trace"] += read.unread
    return stack_page


def _read_by_zxing_alone(page: DamagedPage, tally: Tally) -> None:
    """What its own defaults find on the picture as it is."""
    before_ns = time.process_time_ns()
    found = zxingcpp.read_barcodes(np.asarray(page.picture))
    tally["baseline us"] += (time.process_time_ns() - before_ns) // 1000
    tally["baseline pages"] += 1
    tally["baseline read"] += any(symbol.text == page.payload for symbol in found)


def _judge(segment: Segment, filed_with: str | None, drawn: Sequence[DamagedPage], tally: Tally) -> None:
    for stack_page in segment.pages:
        page = drawn[stack_page.reading.page_number - 1]
        if page.separates:
            tally["unread separators among documents"] += 1
        elif filed_with is None:
            tally["inbox" if page.belongs_to else "inbox, as it must"] += 1
        elif filed_with == page.belongs_to:
            tally["filed"] += 1
        else:
            tally["filed wrongly"] += 1
            tally[f"filed wrongly: {'coded' if page.payload else 'uncoded'}, {', '.join(page.kinds)}"] += 1
