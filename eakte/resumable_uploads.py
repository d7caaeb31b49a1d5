"""Uploads in resumable parts (fortsetzbare Übertragungen): rows of what has come so far, and the rules about them.

The bytes themselves are elsewhere (`storage/uploads.py`); of them counts only what a row says, which is written once
they are on the disk. An upload exists for whoever began it, until it expires, and becomes one thing once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from eakte.actors import Actor
from eakte.clock import now
from eakte.columns import UtcDateTime
from eakte.documents import StoredFile
from eakte.errors import Conflict, NotFound
from eakte.ids import new_id
from eakte.ports import BlobRef

MOST_SWEPT = 100
"""Expired uploads that are cleared away at once; whoever begins a new one waits for it."""


class Upload(SQLModel, table=True):
    """A file on its way in, in parts."""

    __table_args__ = (
        sa.CheckConstraint("offset_bytes >= 0 AND offset_bytes <= size_bytes", name="offset_within"),
        sa.Index("ix_upload_expires_at", "expires_at"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    created_by: str = Field(foreign_key="principal.id")
    size_bytes: int = Field(sa_type=sa.BigInteger)
    offset_bytes: int = Field(default=0, sa_type=sa.BigInteger)
    """How much has come and is durable."""
    file_name: str = ""
    media_type: str = "application/octet-stream"
    said: str = ""
    """What the caller said of it, as it was sent; told again when asked."""
    sha256: str | None = Field(default=None, max_length=64)
    """Once it is among the blobs."""
    used_for: str | None = None
    """What it became, such as `scan_batch:…`."""
    expires_at: datetime = Field(sa_type=UtcDateTime)

    @property
    def is_complete(self) -> bool:
        return self.offset_bytes == self.size_bytes


def begin_upload(
    session: Session,
    actor: Actor,
    *,
    size_bytes: int,
    file_name: str,
    media_type: str,
    said: str,
    lifetime: timedelta,
) -> Upload:
    """Begin an upload of known size."""
    upload = Upload(
        created_by=actor.id,
        size_bytes=size_bytes,
        file_name=file_name,
        media_type=media_type,
        said=said,
        expires_at=now() + lifetime,
    )
    session.add(upload)
    session.flush()
    return upload


def upload_for(session: Session, actor: Actor, upload_id: UUID, *, alone: bool = False) -> Upload:
    """An upload of the actor's own.

    Args:
        alone: Nobody else uses it until the transaction ends.

    Raises:
        NotFound: There is none, it is somebody else's, or it has expired.
    """
    upload = session.get(Upload, upload_id, with_for_update=alone)
    if upload is None or upload.created_by != actor.id or upload.expires_at <= now():
        raise NotFound
    return upload


def advance(session: Session, upload_id: UUID, offset_bytes: int, *, lifetime: timedelta) -> Upload:
    """Note how much is durable; an upload that gets on lives on.

    Raises:
        NotFound: It was given up meanwhile.
    """
    upload = session.get(Upload, upload_id)
    if upload is None:
        raise NotFound
    upload.offset_bytes, upload.expires_at = offset_bytes, now() + lifetime
    session.flush()
    return upload


def note_stored(session: Session, upload_id: UUID, blob: BlobRef) -> None:
    """Note that a complete upload is among the blobs."""
    session.get_one(Upload, upload_id).sha256 = blob.sha256
    session.flush()


def as_file(upload: Upload) -> StoredFile | None:
    """The upload as a file to be filed or delivered; None until it is among the blobs."""
    if upload.sha256 is None:
        return None
    return StoredFile(BlobRef(upload.sha256, upload.size_bytes), upload.file_name, upload.media_type)


def use_uploads(session: Session, actor: Actor, upload_ids: Sequence[UUID], used_for: str) -> None:
    """Note what uploads became; the same again is no second use.

    Raises:
        NotFound: As `upload_for`.
        Conflict: One of them became something else already.
    """
    for upload_id in upload_ids:
        upload = upload_for(session, actor, upload_id, alone=True)
        if upload.used_for not in (None, used_for):
            raise Conflict("Diese Übertragung wurde schon verwendet; bitte die Datei noch einmal übertragen.")
        upload.used_for = used_for
    session.flush()


def expired_uploads(session: Session) -> list[UUID]:
    """Uploads whose time is over, some at a time, longest over first."""
    over = select(Upload.id).where(col(Upload.expires_at) <= now()).order_by(col(Upload.expires_at))
    return list(session.exec(over.limit(MOST_SWEPT)))


def forget_uploads(session: Session, upload_ids: Sequence[UUID]) -> None:
    """Delete the rows of uploads whose bytes are gone."""
    session.exec(sa.delete(Upload).where(col(Upload.id).in_(upload_ids)))
