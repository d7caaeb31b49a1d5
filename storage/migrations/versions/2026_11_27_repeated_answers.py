"""An answer kept for repeats names what it tells of, so that it is only told again to whoever may know of that."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Answers of earlier versions name nothing and are repeated as they were."""
    op.execute("ALTER TABLE given_answer ADD COLUMN about JSON")
