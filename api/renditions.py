"""What is read of a document's bytes, for the API and the pages alike."""

from __future__ import annotations

from uuid import UUID

from api.service import Service
from eakte import archive_copies, reading
from eakte.actors import Actor
from eakte.reading import Content
from eakte.renditions import ORIGINAL


def content_to_send(
    service: Service, actor: Actor, document_id: UUID, *, number: int | None = None, rendition: str = ORIGINAL
) -> Content:
    """Name the bytes somebody asks for; an archive copy that nobody asked for before is ordered on the way.

    Raises:
        NotFound, Conflict: As `reading.content_of`; also ArchiveCopyNotMade, once it is ordered.
    """
    try:
        with service.database.noting() as session:
            return reading.content_of(session, actor, document_id, number=number, rendition=rendition)
    except archive_copies.ArchiveCopyNotMade:
        with service.database.writing() as session:
            archive_copies.order_archive_copy(session, actor, document_id, number=number)
        raise
