"""What waits in an inbox may end by being put to another document."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_joining"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One more word for how an inbox item stands; existing rows keep theirs."""
    with op.batch_alter_table("inbox_item", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_inbox_item_status"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_inbox_item_status"), sa.column("status").in_(["waiting", "filed", "rejected", "joined"])
        )
