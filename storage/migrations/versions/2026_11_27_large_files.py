"""Files larger than 2 GiB: PostgreSQL's plain integer ends there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010_large_files"
down_revision = "0009_replies"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen every size of a file; SQLite's integers are wide enough already."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in ("document_version", "rendition", "scan_file"):
        op.alter_column(table, "size_bytes", type_=sa.BigInteger(), existing_type=sa.Integer(), existing_nullable=False)
