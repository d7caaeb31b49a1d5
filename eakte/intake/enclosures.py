"""What came with an e-mail (Anlagen): its files become files of the stack, beside the mail as it was received.

The mail's own row says which they are, written in the transaction that adds them: taking apart happens once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from sqlmodel import Session

from eakte import virus_checks
from eakte.case_file_tables import CaseFile
from eakte.desk import Desk
from eakte.documents import StoredFile
from eakte.errors import Unreadable
from eakte.intake import receive
from eakte.intake.matching import case_files_named
from eakte.intake.splitting import Segment
from eakte.paper import MAIL
from eakte.scan_tables import ScanBatch, ScanFile

_ENCLOSED = "enclosed"


def take_apart(desk: Desk, batch_id: UUID, files: Sequence[ScanFile]) -> list[ScanFile]:
    """Add what is enclosed in the delivered mails to the stack, behind the files that were delivered.

    Args:
        files: Those of the stack, in order; each was looked at.

    Returns:
        All files of the stack, in order. A mail that cannot be taken apart is refused, its bytes stay as they are.
    """
    inside = mail_of(files)
    for mail in files:
        is_new = mail.reading is not None and _ENCLOSED not in mail.reading
        if is_new and is_mail(mail) and mail.position not in inside:
            _take_apart(desk, mail)
    with desk.records.reading() as session:
        return receive.files_of(session, session.get_one(ScanBatch, batch_id))


def mail_of(files: Sequence[ScanFile]) -> dict[int, int]:
    """For every file that came in a mail, by position, the mail's."""
    return {inner: file.position for file in files for inner in (file.reading or {}).get(_ENCLOSED, ())}


def is_mail(file: ScanFile) -> bool:
    """Whether a file is an e-mail."""
    return file.reading is not None and file.reading["media_type"] == MAIL


def called(files: Sequence[ScanFile], position: int) -> str | None:
    """What a document that is a whole file is called: a mail by its subject, what came in one by its name.

    Returns:
        None for paper, whose files are named by scanners.
    """
    file = files[position]
    if is_mail(file):
        subject = (file.reading or {}).get("title", "").strip()
        return f"E-Mail: {subject}"[:500] if subject else "E-Mail ohne Betreff"
    return file.file_name or None if position in mail_of(files) else None


def concerned(session: Session, files: Sequence[ScanFile], segments: Sequence[Segment]) -> dict[int, CaseFile]:
    """The case file a mail concerns, by the positions of the mail and of all that came in it.

    Where codes on what came in it name one case file alone, the mail speaks of that, too: it then waits with whoever
    is responsible for it, and only who may file there sees it.
    """
    mails = mail_of(files)
    found: dict[int, CaseFile] = {}
    for mail in set(mails.values()):
        inside = {position for position, of in mails.items() if of == mail}
        named = case_files_named(
            session, [one for one in segments if any(page.file_index in inside for page in one.pages)]
        )
        if len(named) == 1:
            found |= dict.fromkeys({mail, *inside}, named[0])
    return found


def _take_apart(desk: Desk, mail: ScanFile) -> None:
    desk.work_dir.mkdir(parents=True, exist_ok=True)
    stored: list[StoredFile] = []
    refused: str | None = None
    with tempfile.TemporaryDirectory(dir=desk.work_dir, prefix="mail-") as folder:
        try:
            with virus_checks.opened(desk, mail.sha256) as path:
                enclosures = desk.reader.enclosures(path, Path(folder))
        except Unreadable as refusal:
            enclosures, refused = [], str(refusal)
        for enclosure in enclosures:
            with Path(folder, enclosure.file).open("rb") as content:
                stored.append(StoredFile(desk.blobs.put(content), enclosure.name))
    with desk.records.writing() as session:
        row = session.get_one(ScanFile, mail.id, with_for_update=True)
        if row.reading is None or _ENCLOSED in row.reading:
            return  # whoever else works at the stack was faster
        if refused is not None:
            row.reading, row.refused_reason = None, refused
            return
        positions = receive.add_files(session, row.batch_id, stored)
        row.reading = {**(row.reading or {}), _ENCLOSED: positions}
