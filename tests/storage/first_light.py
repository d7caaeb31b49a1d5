"""A database as version 0.1 left it, before sections and case files had scopes as they have now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import command

from storage.database import Database
from storage.migration import alembic_config

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
SHARED_FILE = UUID("01a00000-0000-7000-8000-000000000001")
OWN_FILE = UUID("01a00000-0000-7000-8000-000000000002")
BERTAS_FILE = UUID("01a00000-0000-7000-8000-000000000003")
IN_SECTION = UUID("01a00000-0000-7000-8000-000000000011")
GRANTED = UUID("01a00000-0000-7000-8000-000000000012")
IN_OWN = UUID("01a00000-0000-7000-8000-000000000013")
LOOSE = UUID("01a00000-0000-7000-8000-000000000014")
ABOUT_BERTA = UUID("01a00000-0000-7000-8000-000000000015")
SCANNED = UUID("01a00000-0000-7000-8000-000000000021")
NOTE = UUID("01a00000-0000-7000-8000-000000000023")
ROOT, ENTRY, RESPONSIBLE, OWN, OF_DOCUMENT = 1, 2, 3, 4, 5


def make_first_light(database: Database) -> None:
    """Personnel files, one with a grant of its own, one of Berta who works here; documents in sections, one granted."""
    with database.engine.connect() as connection, connection.begin():
        command.upgrade(alembic_config(connection), "0001")
    tables = sa.MetaData()
    with database.engine.begin() as connection:
        tables.reflect(connection)
        for table, rows in _rows().items():
            connection.execute(sa.insert(tables.tables[table]), [_fitting(tables, table, row) for row in rows])
        if not database.is_sqlite:
            connection.exec_driver_sql("SELECT setval(pg_get_serial_sequence('access_scope', 'id'), 5)")


def _fitting(tables: sa.MetaData, table: str, row: dict[str, Any]) -> dict[str, Any]:
    """Ids and moments in the form that the reflected columns take."""
    columns = tables.tables[table].columns
    fitting: dict[str, Any] = {}
    for name, value in row.items():
        kind = columns[name].type
        if isinstance(value, UUID) and isinstance(kind, sa.String):
            fitting[name] = value.hex
        elif isinstance(value, datetime) and getattr(kind, "timezone", False) is False:
            fitting[name] = value.replace(tzinfo=None)
        else:
            fitting[name] = value
    return fitting


def _rows() -> dict[str, list[dict[str, Any]]]:
    return {
        "unit": [{"id": "PO", "name": "Personal", "position": 0}],
        "principal": [
            {"id": name, "kind": "person", "name": shown, "active": True}
            for name, shown in (("anna", "Dr. Änne Ärmel"), ("berta", "Berta Groß"), ("otto", "Otto Öl"))
        ]
        + [{"id": "scan-1", "kind": "station", "name": "Poststelle", "active": True}],
        "station": [{"id": "scan-1", "unit_id": "PO"}],
        "person": [{"id": name, "email": ""} for name in ("anna", "berta", "otto")],
        "membership": [{"person_id": name, "unit_id": "PO", "position": 0} for name in ("anna", "berta")],
        "access_scope": [
            {"id": ENTRY, "kind": "filing_plan", "node": "11", "parent_id": ROOT},
            {"id": RESPONSIBLE, "kind": "responsible", "node": "11|PO", "parent_id": ENTRY},
            {"id": OWN, "kind": "case_file", "node": str(OWN_FILE), "parent_id": RESPONSIBLE},
            {"id": OF_DOCUMENT, "kind": "document", "node": str(GRANTED), "parent_id": RESPONSIBLE},
        ],
        "scope_ancestor": [
            {"ancestor_id": above, "scope_id": scope_id}
            for scope_id, line in (
                (ENTRY, (ROOT, ENTRY)),
                (RESPONSIBLE, (ROOT, ENTRY, RESPONSIBLE)),
                (OWN, (ROOT, ENTRY, RESPONSIBLE, OWN)),
                (OF_DOCUMENT, (ROOT, ENTRY, RESPONSIBLE, OF_DOCUMENT)),
            )
            for above in line
        ],
        "access_grant": [
            _grant(1, RESPONSIBLE, "unit:PO", 31, "responsible"),
            _grant(2, OWN, "person:otto", 1, "sharing"),
            _grant(3, OF_DOCUMENT, "person:otto", 1, "sharing"),
        ],
        "filing_plan_entry": [
            {
                "code": "11",
                "title": "Personalakten",
                "position": 0,
                "field_types": {},
                "access_scope_id": ENTRY,
                "sections": ["Vertrag", "Krankheit"],
            }
        ],
        "case_file": [
            _case_file(SHARED_FILE, 1, RESPONSIBLE),
            _case_file(OWN_FILE, 2, OWN),
            _case_file(BERTAS_FILE, 3, RESPONSIBLE),
        ],
        "party": [_party(7, SHARED_FILE, "Größmann, Jörg"), _party(8, BERTAS_FILE, "Groß, Berta")],
        "document": [
            _document(IN_SECTION, SHARED_FILE, RESPONSIBLE, "Vertrag"),
            _document(GRANTED, SHARED_FILE, OF_DOCUMENT, "Krankheit"),
            _document(IN_OWN, OWN_FILE, OWN, "Krankheit"),
            _document(LOOSE, OWN_FILE, OWN, None),
            _document(ABOUT_BERTA, BERTAS_FILE, RESPONSIBLE, "Krankheit"),
        ],
        **_scanned(),
    }


def _grant(number: int, scope_id: int, subject: str, rights: int, cause: str) -> dict[str, Any]:
    id_ = UUID(int=number)
    told = {"reason": "", "given_by": "anna", "given_at": NOW}
    return {"id": id_, "scope_id": scope_id, "subject": subject, "rights": rights, "cause": cause, **told}


def _party(number: int, case_file_id: UUID, name: str) -> dict[str, Any]:
    told = {"position": 0, "role": "subject", "protected": False}
    return {"id": UUID(int=number), "case_file_id": case_file_id, "name": name, **told}


def _case_file(id_: UUID, number: int, scope_id: int) -> dict[str, Any]:
    reference = f"11/2026/{number}"
    told = {"reference": reference, "reference_sort": reference, "reference_key": reference, "title": "Akte"}
    state = {"status": "open", "fields": {}, "created_by": "anna", "created_at": NOW, "updated_at": NOW, "revision": 1}
    return {
        "id": id_, **told, **state, "filing_plan_code": "11", "responsible_unit_id": "PO", "access_scope_id": scope_id,
    }  # fmt: skip


def _document(id_: UUID, case_file_id: UUID, scope_id: int, section: str | None) -> dict[str, Any]:
    state = {"status": "ready", "created_by": "anna", "created_at": NOW, "updated_at": NOW, "revision": 1}
    return {
        "id": id_, "case_file_id": case_file_id, "section": section, "title": "Blatt", "kind": "incoming", **state,
        "access_scope_id": scope_id,
    }  # fmt: skip


def _scanned() -> dict[str, list[dict[str, Any]]]:
    """One document of a stack with its transfer note."""
    batch_id = UUID("01a00000-0000-7000-8000-000000000022")
    who = {"station_id": "scan-1", "operator": "op-7", "profile": "default", "delivered_at": NOW}
    return {
        "scan_batch": [{
            "id": batch_id, **who, "batch_id": "Stapel 1", "fingerprint": "f", "received_on": NOW.date(),
            "channel": "post", "delivered_by": "scan-1", "status": "done",
        }],
        "scan_file": [{
            "id": UUID(int=31), "batch_id": batch_id, "position": 0, "file_name": "scan.pdf", "sha256": "b" * 64,
            "size_bytes": 9,
        }],
        "document_version": [{
            "id": SCANNED, "document_id": LOOSE, "number": 1, "sha256": "a" * 64, "size_bytes": 5,
            "media_type": "application/pdf", "file_name": "scan.pdf", "page_count": 2, "rotations": {},
            "origin": {"scan_batch": str(batch_id), "sheets": [[0, 3], [0, 4]]}, "created_by": "scan-1",
            "created_at": NOW,
        }],
        "transfer_note": [{
            "id": NOTE, "version_id": SCANNED, "batch_id": batch_id, "sha256": "a" * 64, **who, "anomalies": ["schief"],
            "created_at": NOW,
        }],
    }  # fmt: skip
