"""Archive copies (Archivfassung): PDF/A-2b, the form in which a document stays readable for decades.

The searchable PDF of a scan is one already and costs nothing. What programs wrote has to be converted; that is done
when somebody asks for it, since most documents never need it, and the copy is kept then.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from uuid import UUID

from sqlmodel import Session

from eakte import access, documents, jobs, renditions
from eakte.actors import Actor
from eakte.desk import Desk, Done
from eakte.document_tables import DocumentVersion
from eakte.errors import Conflict, Unreadable
from eakte.jobs import JobKind
from eakte.renditions import ARCHIVE, SEARCHABLE

_GIVEN_UP = "Die Umwandlung ist auch nach mehreren Versuchen nicht gelungen; das Original ist gespeichert."


class ArchiveCopyNotMade(Conflict):
    """There could be an archive copy and is none yet; whoever asked may order it."""

    def __init__(self) -> None:
        super().__init__("Die Archivfassung wird jetzt erstellt; bitte in einigen Sekunden noch einmal abrufen.")


def order_archive_copy(session: Session, actor: Actor, document_id: UUID, *, number: int | None = None) -> None:
    """Have the archive copy of a version made, the newest when no number is given; ordering it twice is once.

    Raises:
        NotFound: No such document or version, or not for this actor.
    """
    document = access.document_for(session, actor, document_id)
    version = documents.version_of(session, document, number)
    if version.archive_problem is None and renditions.rendition_of(session, version.id, ARCHIVE) is None:
        jobs.enqueue(session, JobKind.DERIVE, version.id, form=ARCHIVE)


def make_archive_copy(desk: Desk, version_id: UUID, done: Done) -> None:
    """Make the archive copy of a version out of its searchable PDF; what cannot be converted says why."""
    with desk.records.reading() as session:
        page_count = session.get_one(DocumentVersion, version_id).page_count or 1
        searchable = renditions.rendition_of(session, version_id, SEARCHABLE)
    assert searchable is not None  # ordered only where there is one
    problem, blob = None, None
    desk.work_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=desk.work_dir, prefix="archive-") as folder:
        target = Path(folder, "archive.pdf")
        try:
            with desk.blobs.local_path(searchable.sha256) as path:
                desk.reader.archive_copy(path, page_count, target)
        except Unreadable as refusal:
            problem = str(refusal)
        else:
            with target.open("rb") as content:
                blob = desk.blobs.put(content)
    with desk.records.writing() as session:
        session.get_one(DocumentVersion, version_id).archive_problem = problem
        if blob is not None:
            renditions.keep_pdf(session, version_id, ARCHIVE, blob)
        done(session)


def give_up_archive_copy(session: Session, version_id: UUID) -> None:
    """Tell whoever asks that there will be none."""
    session.get_one(DocumentVersion, version_id).archive_problem = _GIVEN_UP
