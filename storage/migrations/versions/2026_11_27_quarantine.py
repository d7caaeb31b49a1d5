"""The quarantine: what is held back and why, and what a virus scanner said of bytes."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0013_quarantine"
down_revision = "0012_transfer_notes"
branch_labels = None
depends_on = None


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    """Make the tables; documents that are in quarantine already get their entry, files pass unscanned as before."""
    op.execute(f"ALTER TABLE installation ADD COLUMN scanning_since {_moment()}")
    op.create_table(
        "virus_check",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("verdict", _words("verdict", "clean", "infected", "unscannable", "made_here"), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wanted_anew", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_virus_check"),
    )
    entries = op.create_table(
        "quarantine_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("cause", _words("cause", "unreadable", "infected", "unscannable", "failed", "uncut"), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", _words("state", "held", "retrying", "read", "released", "withdrawn"), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.Column("done_reason", sa.String(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_quarantine_entry_document_id_document"),
        sa.ForeignKeyConstraint(
            ["version_id"], ["document_version.id"], name="fk_quarantine_entry_version_id_document_version"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine_entry"),
        sa.UniqueConstraint("version_id", name="uq_quarantine_entry_version_id"),
    )
    op.create_index("ix_quarantine_entry_document_id", "quarantine_entry", ["document_id"])
    op.create_index("ix_quarantine_entry_state", "quarantine_entry", ["state"])
    _take_over(entries)


def _moment() -> str:
    return "TIMESTAMP WITH TIME ZONE" if op.get_bind().dialect.name == "postgresql" else "DATETIME"


def _take_over(entries: sa.Table) -> None:
    """An entry for the newest version of each document that is in quarantine."""
    connection = op.get_bind()
    document = sa.table(
        "document", sa.column("id", sa.Uuid()), sa.column("status"), sa.column("status_reason"),
        sa.column("withdrawn_at"), sa.column("updated_at", sa.DateTime(timezone=True)),
    )  # fmt: skip
    version = sa.table(
        "document_version", sa.column("id", sa.Uuid()), sa.column("document_id", sa.Uuid()), sa.column("number")
    )
    newest = sa.select(version.c.document_id, sa.func.max(version.c.number).label("number")).group_by(
        version.c.document_id
    ).subquery()  # fmt: skip
    held = connection.execute(
        sa.select(document.c.id, version.c.id, document.c.status_reason, document.c.updated_at)
        .join(newest, newest.c.document_id == document.c.id)
        .join(version, (version.c.document_id == document.c.id) & (version.c.number == newest.c.number))
        .where(document.c.status == "quarantined", document.c.withdrawn_at.is_(None))
    ).all()
    rows = [
        {
            "id": uuid.uuid4(), "document_id": document_id, "version_id": version_id, "cause": "unreadable",
            "reason": reason or "", "state": "held", "tries": 1, "since": since, "revision": 1,
        }
        for document_id, version_id, reason, since in held
    ]  # fmt: skip
    if rows:
        connection.execute(sa.insert(entries), rows)
