"""What came of a document is found by the document; a station's stacks by the day; no reason names another document."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016_look_ups"
down_revision = "0015_receipt"
branch_labels = None
depends_on = None

SPLIT = "Nachträglich getrennt: Die Blätter lagen zuvor mit anderen in einem Dokument."


def upgrade() -> None:
    """Indexes for questions that are asked about one document; rows keep all they say but another's title."""
    op.create_index("ix_scan_item_document_id", "scan_item", ["document_id"])
    for column in ("answer_document_id", "part_document_id", "returned_document_id"):
        op.create_index(f"ix_letter_{column}", "letter", [column])
    op.create_index("ix_scan_batch_station_newest", "scan_batch", ["station_id", "delivered_at", "id"])
    for table in (sa.table("scan_item", sa.column("reason")), sa.table("inbox_item", sa.column("reason"))):
        op.execute(sa.update(table).where(table.c.reason.like("Getrennt aus „%“.")).values(reason=SPLIT))
