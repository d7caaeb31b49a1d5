"""Transfer notes are sealed and can be checked; deliveries tell device and remarks, stations their operators."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from eakte.columns import UtcDateTime

revision = "0012_transfer_notes"
down_revision = "0011_suggestions"
branch_labels = None
depends_on = None

_AT_ONCE = 500
_AGREEMENT = (
    "Dieses Dokument ist ein Scanprodukt. Es stimmt bildlich und inhaltlich mit dem Papierdokument überein, das zum "
    "Scannen vorlag, soweit unter den Auffälligkeiten nichts anderes vermerkt ist."
)
_SAID_BEFORE = ("sha256", "operator", "profile", "scanned_at", "delivered_at", "anomalies")


def upgrade() -> None:
    """What notes of earlier versions say is sealed as it stands; nothing they did not say is made up."""
    for name in ("device", "remarks"):
        op.add_column("scan_batch", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("scan_batch", sa.Column("device_settings", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("scan_profile", sa.Column("quality_share", sa.Integer(), nullable=False, server_default="5"))
    op.add_column("scan_profile", sa.Column("agreement", sa.String(), nullable=False, server_default=_AGREEMENT))
    op.add_column("scan_profile", sa.Column("procedure", sa.String(), nullable=False, server_default=""))
    op.add_column("station", sa.Column("device", sa.String(), nullable=False, server_default=""))
    _make_operators()
    with op.batch_alter_table("transfer_note") as batch:
        batch.add_column(sa.Column("content", sa.String(), nullable=True))
        batch.add_column(sa.Column("digest", sa.String(64), nullable=True))
        batch.add_column(sa.Column("quality", _words("none", "waiting", "good", "fault", "settled", name="quality"),
                                   nullable=False, server_default="none"))  # fmt: skip
        batch.add_column(sa.Column("checked_by_other", sa.Boolean(), nullable=False, server_default=sa.false()))
    _seal_all()
    with op.batch_alter_table("transfer_note") as batch:
        batch.alter_column("content", nullable=False)
        batch.alter_column("digest", nullable=False)
        batch.alter_column("quality", server_default=None)
        batch.alter_column("checked_by_other", server_default=None)
        for name in _SAID_BEFORE:
            batch.drop_column(name)
        batch.create_index("ix_transfer_note_quality", ["quality", "id"])
    _make_checks()


def _make_operators() -> None:
    op.create_table(
        "station_operator",
        sa.Column("station_id", sa.String(80), nullable=False),
        sa.Column("pseudonym", sa.String(200), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name="fk_station_operator_station_id_station"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_station_operator_person_id_person"),
        sa.PrimaryKeyConstraint("station_id", "pseudonym", name="pk_station_operator"),
    )


def _make_checks() -> None:
    op.create_table(
        "quality_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("checker_id", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["note_id"], ["transfer_note.id"], name="fk_quality_check_note_id_transfer_note"),
        sa.ForeignKeyConstraint(["checker_id"], ["principal.id"], name="fk_quality_check_checker_id_principal"),
        sa.PrimaryKeyConstraint("id", name="pk_quality_check"),
        sa.UniqueConstraint("note_id", "position", name="uq_quality_check_note_id_position"),
    )


def _words(*words: str, name: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=24)


# -- the notes there are -----------------------------------------------------------------------------

_NOTE = sa.table(
    "transfer_note", sa.column("id", sa.Uuid()), sa.column("version_id", sa.Uuid()), sa.column("batch_id", sa.Uuid()),
    sa.column("station_id"), sa.column("operator"), sa.column("profile"), sa.column("scanned_at", UtcDateTime()),
    sa.column("delivered_at", UtcDateTime()), sa.column("anomalies", sa.JSON()),
    sa.column("created_at", UtcDateTime()), sa.column("content"), sa.column("digest"),
)  # fmt: skip
_VERSION = sa.table(
    "document_version", sa.column("id", sa.Uuid()), sa.column("document_id", sa.Uuid()), sa.column("number"),
    sa.column("sha256"), sa.column("size_bytes"), sa.column("media_type"), sa.column("page_count"),
    sa.column("origin", sa.JSON()),
)  # fmt: skip
_BATCH = sa.table(
    "scan_batch", sa.column("id", sa.Uuid()), sa.column("batch_id"), sa.column("channel"),
    sa.column("received_on", sa.Date()), sa.column("expected_sheets"),
)  # fmt: skip
_FILE = sa.table("scan_file", sa.column("batch_id", sa.Uuid()), sa.column("position"), sa.column("file_name"),
                 sa.column("sha256"))  # fmt: skip
_STATION = sa.table("station", sa.column("id"), sa.column("unit_id"))
_UNIT = sa.table("unit", sa.column("id"), sa.column("name"))
_PRINCIPAL = sa.table("principal", sa.column("id"), sa.column("name"))


def _seal_all() -> None:
    connection = op.get_bind()
    ids = connection.execute(sa.select(_NOTE.c.id).order_by(_NOTE.c.id)).scalars().all()
    for some in _in_steps(list(ids)):
        rows = connection.execute(_everything(some)).mappings().all()
        sealed = [_sealed(connection, row) for row in rows]
        connection.execute(
            sa.update(_NOTE).where(_NOTE.c.id == sa.bindparam("note")).values(
                content=sa.bindparam("said"), digest=sa.bindparam("hash")
            ),
            sealed,
        )  # fmt: skip


def _in_steps(ids: list[UUID]) -> Iterator[list[UUID]]:
    for first in range(0, len(ids), _AT_ONCE):
        yield ids[first : first + _AT_ONCE]


def _everything(ids: list[UUID]) -> sa.Select[Any]:
    return (
        sa.select(
            _NOTE, _VERSION.c.document_id, _VERSION.c.number, _VERSION.c.sha256, _VERSION.c.size_bytes,
            _VERSION.c.media_type, _VERSION.c.page_count, _VERSION.c.origin, _BATCH.c.batch_id.label("name_of_batch"),
            _BATCH.c.channel, _BATCH.c.received_on, _BATCH.c.expected_sheets, _STATION.c.unit_id,
            _UNIT.c.name.label("unit_name"), _PRINCIPAL.c.name.label("station_name"),
        )
        .join(_VERSION, _VERSION.c.id == _NOTE.c.version_id)
        .join(_BATCH, _BATCH.c.id == _NOTE.c.batch_id)
        .join(_STATION, _STATION.c.id == _NOTE.c.station_id)
        .join(_UNIT, _UNIT.c.id == _STATION.c.unit_id)
        .join(_PRINCIPAL, _PRINCIPAL.c.id == _NOTE.c.station_id)
        .where(_NOTE.c.id.in_(ids))
    )  # fmt: skip


def _sealed(connection: sa.Connection, row: Any) -> dict[str, Any]:
    origin = row["origin"] or {}
    facts = {
        "format": 1,
        "document": str(row["document_id"]),
        "version": row["number"],
        "product": {
            "sha256": row["sha256"], "size_bytes": row["size_bytes"], "media_type": row["media_type"],
            "pages": row["page_count"], "hidden_pages": list(origin.get("hidden", ())),
        },
        "scans": [{
            "batch": str(row["batch_id"]), "batch_id": row["name_of_batch"],
            "station": row["station_id"], "station_name": row["station_name"],
            "unit": row["unit_id"], "unit_name": row["unit_name"],
            "operator": row["operator"], "operator_kind": "word", "device": "", "device_settings": {},
            "profile": row["profile"], "profile_settings": {}, "procedure": "", "channel": row["channel"],
            "remarks": "", "received_on": row["received_on"].isoformat(),
            "scanned_at": _moment(row["scanned_at"]), "delivered_at": _moment(row["delivered_at"]),
            "sheets_expected": row["expected_sheets"], "sheets_received": None, "pages_received": None,
            "files": _files(connection, row["batch_id"], origin, row["sha256"]),
        }],
        "anomalies": row["anomalies"],
        "completeness": None,
        "quality_assurance": {"in_sample": False, "share": 0},
        "agreement": None,
        "noted_at": _moment(row["created_at"]),
        "software": "eAkte 0.1.0",
    }  # fmt: skip
    content = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    content = content.encode("utf-8", "backslashreplace").decode("utf-8")
    return {"note": row["id"], "said": content, "hash": hashlib.sha256(content.encode()).hexdigest()}


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _files(connection: sa.Connection, batch_id: UUID, origin: Any, sha256: str) -> list[dict[str, Any]]:
    """The files of the note's own stack that the product is made of; without pages, the file it is itself."""
    if "sheets_of" in origin:
        places = [(file, page) for of_batch, file, page in origin["sheets_of"] if of_batch == str(batch_id)]
    else:
        places = [(file, page) for file, page in origin.get("sheets", ())]
    rows = connection.execute(
        sa.select(_FILE.c.position, _FILE.c.file_name, _FILE.c.sha256)
        .where(_FILE.c.batch_id == batch_id).order_by(_FILE.c.position)
    ).all()  # fmt: skip
    wanted = dict.fromkeys(file for file, _ in places)
    return [
        {"position": row.position, "name": row.file_name, "sha256": row.sha256,
         "pages": [page for file, page in places if file == row.position]}
        for row in rows
        if row.position in wanted or (not wanted and row.sha256 == sha256)
    ]  # fmt: skip
