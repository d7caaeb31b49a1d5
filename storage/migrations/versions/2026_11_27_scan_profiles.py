"""Scan profiles, of which `default` is always there, and what a stack's scanner told of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_scan_profiles"
down_revision = "0005_joining"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Stacks of earlier versions were worked as `default` works them, and told of no patch sheets."""
    profile = op.create_table(
        "scan_profile",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sides", _words("simplex", "duplex", "collated", name="sides"), nullable=False),
        sa.Column("blank_pages", _words("hide", "keep", name="blank_pages"), nullable=False),
        sa.Column("separators", sa.Boolean(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_scan_profile"),
    )
    row = {"id": "default", "name": "Standard", "sides": "simplex", "blank_pages": "hide"}
    op.bulk_insert(profile, [{**row, "separators": True, "languages": []}])
    with op.batch_alter_table("scan_batch") as batch:
        batch.add_column(sa.Column("settings", sa.JSON(), nullable=False, server_default="{}"))
        batch.add_column(sa.Column("patch_codes", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("scan_batch") as batch:
        batch.alter_column("settings", server_default=None)
        batch.alter_column("patch_codes", server_default=None)


def _words(*words: str, name: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=24)
