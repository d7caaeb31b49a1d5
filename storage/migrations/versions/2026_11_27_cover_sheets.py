"""Cover sheets, printed by whoever may file, that steer what lies behind them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from eakte.columns import UtcDateTime

revision = "0007_cover_sheets"
down_revision = "0006_scan_profiles"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table of their own; nothing else changes."""
    kinds = sa.Enum(
        "incoming", "outgoing", "internal", name="kind", native_enum=False, create_constraint=True, length=24
    )
    op.create_table(
        "cover_sheet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("printing_id", sa.Uuid(), nullable=False),
        sa.Column("code_id", sa.String(length=16), nullable=False),
        sa.Column("case_file_id", sa.Uuid(), nullable=False),
        sa.Column("section", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("kind", kinds, nullable=False),
        sa.Column("profile", sa.String(), nullable=True),
        sa.Column("reusable", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("times_used", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_file_id"], ["case_file.id"], name=op.f("fk_cover_sheet_case_file_id_case_file")),
        sa.ForeignKeyConstraint(["created_by"], ["principal.id"], name=op.f("fk_cover_sheet_created_by_principal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cover_sheet")),
        sa.UniqueConstraint("code_id", name=op.f("uq_cover_sheet_code_id")),
    )
    with op.batch_alter_table("cover_sheet", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_cover_sheet_printing_id"), ["printing_id"], unique=False)
