"""Receipts can be corrected, paper has a place and an end, post may stay unscanned, mistakes can be withdrawn."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from eakte.columns import UtcDateTime

revision = "0015_receipt"
down_revision = "0014_derived"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Earlier versions knew nothing of boxes; what was scanned by then lies nowhere until somebody says so."""
    op.add_column("scan_batch", sa.Column("box", sa.String(80), nullable=True))
    op.add_column("scan_batch", sa.Column("keep_paper_until", sa.Date(), nullable=True))
    op.add_column("scan_profile", sa.Column("keep_paper_days", sa.Integer(), nullable=True))
    _one_more_word("scan_item", "outcome", "pending", "filed", "inbox", "quarantined", "withdrawn")
    _one_more_word("inbox_item", "status", "waiting", "filed", "rejected", "joined", "withdrawn")
    _corrections()
    _paper()
    _unscanned_post()
    _mistakes()


def _one_more_word(table: str, column: str, *words: str) -> None:
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(op.f(f"ck_{table}_{column}"), type_="check")
        batch_op.create_check_constraint(op.f(f"ck_{table}_{column}"), sa.column(column).in_(words))


def _corrections() -> None:
    op.create_table(
        "receipt_correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("received_on_before", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("channel_before", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("corrected_by", sa.String(), nullable=False),
        sa.Column("corrected_at", UtcDateTime(timezone=True), nullable=False),
        _to("receipt_correction", "document_id", "document"),
        _to("receipt_correction", "corrected_by", "principal"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_correction")),
    )
    op.create_index("ix_receipt_correction_document_id", "receipt_correction", ["document_id"])


def _paper() -> None:
    op.create_table(
        "paper_original",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("thing", sa.String(), nullable=True),
        sa.Column("box", sa.String(80), nullable=True),
        sa.Column("keep_until", sa.Date(), nullable=True),
        sa.Column("return_to", sa.String(300), nullable=True),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("destroyed_on", sa.Date(), nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        _to("paper_original", "document_id", "document"),
        _to("paper_original", "batch_id", "scan_batch"),
        _to("paper_original", "unit_id", "unit"),
        _to("paper_original", "done_by", "principal"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_original")),
    )
    op.create_index("ix_paper_original_document_id", "paper_original", ["document_id"])
    op.create_index("ix_paper_original_unit_box", "paper_original", ["unit_id", "box", "id"])


def _unscanned_post() -> None:
    why = sa.Enum(
        *("sealed_bid", "staff_council", "personal", "confidential", "other"),
        name="why", native_enum=False, create_constraint=True, length=24,
    )  # fmt: skip
    op.create_table(
        "unscanned_post",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("addressee_unit_id", sa.String(), nullable=False),
        sa.Column("why", why, nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.Column("registered_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("handed_to", sa.String(), nullable=True),
        sa.Column("handed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("handed_by", sa.String(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        _to("unscanned_post", "unit_id", "unit"),
        _to("unscanned_post", "addressee_unit_id", "unit"),
        _to("unscanned_post", "registered_by", "principal"),
        _to("unscanned_post", "handed_by", "principal"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unscanned_post")),
    )
    op.create_index("ix_unscanned_post_unit", "unscanned_post", ["unit_id", "id"])
    op.create_index("ix_unscanned_post_addressee_unit_id", "unscanned_post", ["addressee_unit_id"])


def _mistakes() -> None:
    op.create_table(
        "scan_mistake",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("was", sa.JSON(), nullable=False),
        sa.Column("withdrawn_by", sa.String(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.Column("undone_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_reason", sa.String(), nullable=True),
        _to("scan_mistake", "document_id", "document"),
        _to("scan_mistake", "batch_id", "scan_batch"),
        _to("scan_mistake", "withdrawn_by", "principal"),
        _to("scan_mistake", "undone_by", "principal"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_mistake")),
    )
    op.create_index("ix_scan_mistake_document_id", "scan_mistake", ["document_id"])


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
