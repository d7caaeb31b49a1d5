"""Suggestions without a code: clues that point to case files, inbox rules, and units that file by themselves."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011_suggestions"
down_revision = "0010_large_files"
branch_labels = None
depends_on = None

_JOB_KINDS = (
    "work_scan_batch", "read_version", "recognise_pages", "derive", "index_document", "index_case_file",
    "place_waiting",
)  # fmt: skip
_CLUE_KINDS = ("reference", "squeezed", "external", "field")
_AT_ONCE = 1_000


def upgrade() -> None:
    """Make the tables, and note the clues of the case files there are."""
    op.execute("ALTER TABLE unit ADD COLUMN files_without_code_from FLOAT")
    name = op.f("ck_job_kind")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_constraint(name, type_="check")
        batch_op.create_check_constraint(name, sa.text(f"kind IN ({', '.join(map(repr, _JOB_KINDS))})"))
    clues = op.create_table(
        "case_file_clue",
        sa.Column("case_file_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind", sa.Enum(*_CLUE_KINDS, name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_file_id"], ["case_file.id"], name="fk_case_file_clue_case_file_id_case_file"),
        sa.PrimaryKeyConstraint("case_file_id", "kind", "key", name="pk_case_file_clue"),
    )  # fmt: skip
    op.create_index("ix_case_file_clue_key", "case_file_clue", ["key", "kind"])
    op.create_table(
        "inbox_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.String(length=80), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("station_id", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name="fk_inbox_rule_station_id_station"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_inbox_rule_unit_id_unit"),
        sa.PrimaryKeyConstraint("id", name="pk_inbox_rule"),
    )
    _note_clues(clues)


def _note_clues(clues: sa.Table) -> None:
    connection = op.get_bind()
    case_file = sa.table(
        "case_file", sa.column("id", sa.Uuid()), sa.column("reference"), sa.column("fields", sa.JSON())
    )
    known = sa.table("external_reference", sa.column("case_file_id", sa.Uuid()), sa.column("system_id"),
                     sa.column("external_id"))  # fmt: skip
    rows: dict[tuple[Any, str, str], str] = {}
    for id_, reference, fields in connection.execute(sa.select(case_file)):
        rows[id_, "reference", _spelled(reference)[:80]] = ""
        rows[id_, "squeezed", _squeezed(reference)[:80]] = ""
        for name, value in (fields or {}).items():
            if _may_tell(value) and _is_telling(str(value)):
                rows[id_, "field", _squeezed(str(value))] = name
    for id_, system_id, external_id in connection.execute(sa.select(known).order_by(known.c.system_id)):
        if _is_telling(external_id):
            rows[id_, "external", _squeezed(external_id)] = system_id
    for some in _in_steps(list(rows.items())):
        connection.execute(
            sa.insert(clues),
            [{"case_file_id": id_, "kind": kind, "key": key, "label": label} for (id_, kind, key), label in some],
        )


def _in_steps(rows: list[Any]) -> Iterator[list[Any]]:
    for first in range(0, len(rows), _AT_ONCE):
        yield rows[first : first + _AT_ONCE]


# As `eakte.clues` reads them on the day of this migration.

_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_CONFUSED = str.maketrans({"o": "0", "l": "1", "i": "1", "|": "1", "s": "5", "b": "8"})


def _parts(text: str) -> list[str]:
    confused = unicodedata.normalize("NFKC", text).casefold().translate(_FOLDED).translate(_CONFUSED)
    return re.findall(r"[^\W_]+", confused)


def _spelled(text: str) -> str:
    return "/".join(part.lstrip("0") or "0" if part.isdecimal() else part for part in _parts(text))


def _squeezed(text: str) -> str:
    return "".join(_parts(text))


def _is_telling(text: str) -> bool:
    return 5 <= len(_squeezed(text)) <= 80 and sum(sign.isdigit() for sign in text) >= 3


def _may_tell(value: object) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"\d{4}-\d\d-\d\d", value) is None
    return isinstance(value, int) and not isinstance(value, bool)
