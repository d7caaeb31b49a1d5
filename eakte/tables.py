"""All tables, for migrations and tools that need the whole schema."""

from __future__ import annotations

from sqlmodel import SQLModel

from eakte import (
    access_tables,
    audit,
    case_file_tables,
    clues,
    cover_sheet_tables,
    document_tables,
    filing_plan_tables,
    idempotency,
    inbox_rule_tables,
    inbox_tables,
    installation,
    jobs,
    letter_tables,
    principals,
    quarantine_tables,
    receipt_tables,
    resumable_uploads,
    scan_profiles,
    scan_tables,
    transfer_note_tables,
)

MODULES = (
    access_tables,
    audit,
    case_file_tables,
    clues,
    cover_sheet_tables,
    document_tables,
    filing_plan_tables,
    idempotency,
    inbox_rule_tables,
    inbox_tables,
    installation,
    jobs,
    letter_tables,
    principals,
    quarantine_tables,
    receipt_tables,
    resumable_uploads,
    scan_profiles,
    scan_tables,
    transfer_note_tables,
)

METADATA = SQLModel.metadata
