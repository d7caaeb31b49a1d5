"""What is derived from versions: checked signatures, archive copies that cannot be made, thumbnails of pages."""

from __future__ import annotations

from alembic import op

revision = "0014_derived"
down_revision = "0013_quarantine"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; plain additions, so that no large table is written anew."""
    op.execute("ALTER TABLE document_version ADD COLUMN signatures JSON")
    op.execute("ALTER TABLE document_version ADD COLUMN archive_problem VARCHAR")
    op.execute("ALTER TABLE page ADD COLUMN thumbnail_sha256 VARCHAR(64)")
