"""Letters know which of their sheets carry codes, of which a part of the answer came, and whether they came back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_replies"
down_revision = "0008_uploads"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New columns are empty: of letters from before, only the sheets expected back carry a code."""
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("coded_sheets", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("part_document_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("part_sheets", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("returned_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("returned_document_id", sa.Uuid(), nullable=True))
        for name in ("part_document_id", "returned_document_id"):
            batch_op.create_foreign_key(op.f(f"fk_letter_{name}_document"), "document", [name], ["id"])
    answers = sa.Enum(
        *("answer", "partial", "undeliverable", "copy"),
        name="answer", native_enum=False, create_constraint=True, length=24,
    )  # fmt: skip
    with op.batch_alter_table("scan_item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answer", answers, nullable=True))
