"""Whatever changes who somebody is changes the access version: by triggers, so that nothing can forget it."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# A later migration that writes one of these tables anew (SQLite's batch mode) loses its triggers and makes them again.
TABLES = ("unit", "principal", "membership", "role_holding", "station", "deputyship", "combination_member")


def upgrade() -> None:
    """One trigger for each table, or three where there is one for each kind of change."""
    if op.get_bind().dialect.name == "sqlite":
        for table in TABLES:
            for change in ("INSERT", "UPDATE", "DELETE"):
                name = f"{table}_{change.lower()}_changes_access"
                new_stamp = "UPDATE access_version SET stamp = lower(hex(randomblob(16)))"
                op.execute(f"CREATE TRIGGER {name} AFTER {change} ON {table} BEGIN {new_stamp}; END")
        return
    op.execute(
        "CREATE FUNCTION change_access_version() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN UPDATE access_version SET stamp = gen_random_uuid()::text; RETURN NULL; END $$"
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_changes_access AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION change_access_version()"
        )
