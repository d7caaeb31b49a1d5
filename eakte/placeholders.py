"""Things that cannot be scanned (nicht scannbar): a CD, a model, a passport. A document stands for what is in the box.

Its original is a page that says so, without any code: so every door treats it as any other document. Drawing it takes
a moment that must not hold the database: `check_placeholder` reads, `draw` draws and stores, and `put_placeholder`
writes the rows.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from sqlmodel import Session

from eakte import documents, inbox, jobs, paper_following, places, unscanned_post, where_to_file
from eakte.actors import Actor
from eakte.clock import today
from eakte.days_of_receipt import check_day
from eakte.document_tables import Document, DocumentKind
from eakte.documents import DocumentWish, StoredFile
from eakte.errors import FieldProblem, Invalid, NotPermitted
from eakte.jobs import JobKind
from eakte.ports import BlobStore, LetterPress
from eakte.receipt import CHANNELS, check_channel
from eakte.receipt_tables import LONGEST_BOX
from eakte.sheet_faces import PlaceholderFace
from eakte.typed_lines import line_or_none

WAITS = "Nicht scannbar; liegt im Original."


@dataclass(frozen=True)
class PlaceholderWish:
    """A thing and where it belongs: into a case file, or into a unit's inbox.

    Attributes:
        thing: What it is, for somebody who looks for it.
        received_on: For incoming things; today when None.
    """

    title: str
    thing: str
    case_file_id: UUID | None = None
    unit: str | None = None
    section: str | None = None
    box: str | None = None
    kind: DocumentKind = DocumentKind.INCOMING
    received_on: date | None = None
    channel: str | None = None

    @property
    def day(self) -> date | None:
        """The day of receipt, for incoming things."""
        return (self.received_on or today()) if self.kind is DocumentKind.INCOMING else None


def check_placeholder(session: Session, actor: Actor, wish: PlaceholderWish) -> None:
    """Refuse what could not be put there, before the page is drawn.

    Raises:
        NotFound, NotPermitted: As for filing there; into an inbox only by a mail room's people or the unit's own.
        Invalid: No title or description, neither or both places, no such unit, a day to come, an unknown channel.
    """
    if not wish.title.strip():
        raise Invalid("Der Titel fehlt.", FieldProblem("/title", "Bitte einen Titel angeben."))
    if not wish.thing.strip():
        raise Invalid(
            "Die Beschreibung fehlt.", FieldProblem("/thing", "Bitte beschreiben, was es ist, etwa „CD mit Fotos“.")
        )
    if (wish.case_file_id is None) == (wish.unit is None):
        problem = FieldProblem("/case_file_id", "Bitte entweder eine Akte oder die Einheit eines Postkorbs angeben.")
        raise Invalid("Es ist unklar, wohin der Gegenstand gehört.", problem)
    if wish.day is not None:
        check_day(wish.day)
        check_channel(wish.channel)
    line_or_none(wish.box, "/box", LONGEST_BOX)
    _keeper(session, actor)
    if wish.case_file_id is not None:
        where_to_file.check_may_file(session, actor, wish.case_file_id)
        return
    unit = inbox.check_unit(session, wish.unit or "")
    if unit.id not in actor.inbox_units and not unscanned_post.mail_rooms_of(session, actor):
        raise NotPermitted("In fremde Postkörbe legt nur, wer zu einer Einheit mit Scanstation gehört.")


def draw(blobs: BlobStore, press: LetterPress, actor: Actor, wish: PlaceholderWish, work_dir: Path) -> StoredFile:
    """Draw the page that stands for the thing, and store it; needs no database.

    Args:
        work_dir: Where files in the making may lie.
    """
    channel = None if wish.channel is None or wish.day is None else CHANNELS.get(wish.channel, wish.channel)
    face = PlaceholderFace(
        title=wish.title.strip(),
        thing=wish.thing.strip(),
        box=wish.box,
        received_on=None if wish.day is None else f"{wish.day:%d.%m.%Y}",
        channel=channel,
        made_by=actor.name,
        made_on=today(),
    )
    work_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work_dir, prefix="placeholder-") as folder:
        target = Path(folder, "placeholder.pdf")
        press.placeholder_sheet(face, target)
        with target.open("rb") as content:
            return StoredFile(blobs.put(content), "platzhalter.pdf", "application/pdf")


def put_placeholder(session: Session, actor: Actor, wish: PlaceholderWish, stored: StoredFile) -> Document:
    """Put a document for the thing where it belongs, and keep in which box the thing lies.

    Raises:
        NotFound, NotPermitted, Invalid: As `check_placeholder`.
        CaseFileCompleted: The case file takes nothing more.
    """
    check_placeholder(session, actor, wish)
    as_document = DocumentWish(
        title=wish.title.strip(),
        kind=wish.kind,
        received_on=wish.day,
        channel=None if wish.day is None else wish.channel or "post",
        section=wish.section,
    )
    if wish.case_file_id is not None:
        document, _ = documents.attach_document(session, actor, wish.case_file_id, stored, as_document)
    else:
        assert wish.unit is not None
        document = documents.add_document(
            session, actor.id, as_document, case_file_id=None, scope_id=places.inbox_scope(session, wish.unit)
        )
        version = documents.add_first_version(session, document, stored, actor.id)
        inbox.put_into_inbox(session, document, wish.unit, WAITS, by=actor)
        jobs.enqueue(session, JobKind.READ_VERSION, version.id)
    box = line_or_none(wish.box, "/box", LONGEST_BOX)
    paper_following.put_thing(session, document, _keeper(session, actor), wish.thing.strip(), box)
    return document


def _keeper(session: Session, actor: Actor) -> str:
    """The unit that keeps the thing: the actor's mail room, else the actor's first unit."""
    units = [*unscanned_post.mail_rooms_of(session, actor), *actor.units]
    if not units:
        raise Invalid("Sie gehören zu keiner Einheit, die den Gegenstand aufbewahren könnte.")
    return units[0]
