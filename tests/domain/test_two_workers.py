"""Two workers at one stack, the slower of which has lost its lease: nothing of the stack is there twice."""

from __future__ import annotations

from eakte.intake import enclosures, receive
from eakte.intake.reading_rows import to_row
from eakte.intake.stack import look, recheck
from eakte.paper import MAIL, FileReading, PageReading
from eakte.quarantine_tables import Verdict, VirusCheck
from eakte.scan_tables import ScanBatch, ScanFile
from tests.domain.held_paper import HeldPaper
from tests.domain.mailroom import pdf_of
from tests.ocr.mails import mail

WITH_ENCLOSURE = mail(a_pdf=pdf_of(1)).as_bytes()
SEEN = to_row(FileReading(MAIL, (PageReading(1),), title="Antrag"))


def delivered_mail(paper: HeldPaper) -> tuple[ScanBatch, ScanFile]:
    batch = paper.deliver(WITH_ENCLOSURE)
    (row,) = receive.files_of(paper.session, batch)
    return batch, row


def as_read_before(row: ScanFile) -> ScanFile:
    """The row as another worker read it: it does not learn what becomes of it."""
    return ScanFile(**row.model_dump())


def names(paper: HeldPaper, batch: ScanBatch) -> list[str]:
    return [file.file_name for file in receive.files_of(paper.session, batch)]


def test_a_mail_is_taken_apart_once_whoever_works_at_its_stack(paper: HeldPaper) -> None:
    batch, row = delivered_mail(paper)
    row.reading = SEEN
    slow = as_read_before(row)

    for files in ([row], [slow]):
        enclosures.take_apart(paper.desk, batch.id, files)

    assert names(paper, batch) == ["scan-0.pdf", "a.pdf"]


def test_whoever_looks_later_does_not_forget_that_a_mail_is_taken_apart(paper: HeldPaper) -> None:
    batch, row = delivered_mail(paper)
    slow = as_read_before(row)
    look(paper.desk, row)
    files = enclosures.take_apart(paper.desk, batch.id, [row])
    paper.session.expire_all()

    look(paper.desk, slow)
    enclosures.take_apart(paper.desk, batch.id, [slow, *files[1:]])

    assert names(paper, batch) == ["scan-0.pdf", "a.pdf"]


def test_a_mail_that_is_harmful_for_a_while_is_not_taken_apart_again(paper: HeldPaper) -> None:
    batch, row = delivered_mail(paper)
    look(paper.desk, row)
    enclosures.take_apart(paper.desk, batch.id, [row])
    alarm = VirusCheck(sha256=row.sha256, verdict=Verdict.INFECTED, detail="Fehlalarm")
    paper.session.add(alarm)
    paper.session.flush()

    recheck(paper.desk, row)
    assert "Fehlalarm" in (row.refused_reason or "")
    paper.session.delete(alarm)
    paper.session.flush()
    recheck(paper.desk, row)
    enclosures.take_apart(paper.desk, batch.id, receive.files_of(paper.session, batch))

    assert (row.refused_reason, names(paper, batch)) == (None, ["scan-0.pdf", "a.pdf"])
