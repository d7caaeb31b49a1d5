"""Uploads in resumable parts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from eakte.columns import UtcDateTime

revision = "0008_uploads"
down_revision = "0007_cover_sheets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Earlier versions had none."""
    op.create_table(
        "upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("offset_bytes", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("used_for", sa.String(), nullable=True),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("offset_bytes >= 0 AND offset_bytes <= size_bytes", name=op.f("ck_upload_offset_within")),
        sa.ForeignKeyConstraint(["created_by"], ["principal.id"], name=op.f("fk_upload_created_by_principal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index("ix_upload_expires_at", "upload", ["expires_at"])
