"""The filing plan from an organisation file."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col, select

from eakte import interested_parties, places, scopes
from eakte.access_tables import ROOT_SCOPE_ID, AccessScope, ScopeKind
from eakte.apply.changes import Change, Differences, added
from eakte.apply.problems import Problems
from eakte.apply.reading import OrganisationFile, PlacedEntry
from eakte.apply.schema import EntryPart
from eakte.case_file_tables import CaseFile
from eakte.document_tables import Document
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.levels import LEVEL_WORDS


def known_codes(session: Session, file: OrganisationFile) -> set[str]:
    """Codes that can be referred to: those there are and those the file names."""
    return {*session.exec(select(FilingPlanEntry.code))} | file.mentioned["filing_plan"]


def check_filing_plan(session: Session, file: OrganisationFile, problems: Problems) -> None:
    """Repeated codes and sections, case files that would no longer hang on a leaf, sections still in use."""
    problems.refuse_repeats(
        ((entry.part.code, (*entry.place, "code")) for entry in file.entries), "ein Kennzeichen gilt nur einmal."
    )
    codes = [entry.part.code for entry in file.entries]
    filled = set(
        session.exec(select(CaseFile.filing_plan_code).where(col(CaseFile.filing_plan_code).in_(codes)).distinct())
    )
    for entry in file.entries:
        place, part = entry.place, entry.part
        problems.refuse_repeats(
            ((name, (*place, "sections", index)) for index, name in enumerate(part.sections)), "einmal genügt."
        )
        if part.code not in filled:
            continue
        if entry.has_children:
            detail = (
                f"Unter „{part.code}“ gibt es schon Akten, und Akten hängen nur an den untersten Einträgen; "
                "bitte die neuen Einträge neben diesen stellen."
            )
            problems.add((*place, "children"), detail)
        for name in sorted(_used_sections(session, part.code) - set(part.sections)):
            detail = f"Im Register „{name}“ liegen Dokumente; bitte es in „sections“ stehen lassen."
            problems.add((*place, "sections"), detail)


def _used_sections(session: Session, code: str) -> set[str]:
    used = session.exec(
        select(Document.section)
        .join(CaseFile, col(CaseFile.id) == col(Document.case_file_id))
        .where(
            CaseFile.filing_plan_code == code, col(Document.section).is_not(None), col(Document.withdrawn_at).is_(None)
        )
        .distinct()
    )
    return {section for section in used if section is not None}


def apply_filing_plan(session: Session, file: OrganisationFile) -> list[Change]:
    """Make, change and move the entries of the file, each with the scope it owns; others stay as they are."""
    changes: list[Change] = []
    # Parents stand before their children and are already in their last place when a child comes to hang below.
    scope_ids: dict[str | None, int] = {None: ROOT_SCOPE_ID}
    for entry in file.entries:
        row = session.get(FilingPlanEntry, entry.part.code)
        above_id = scope_ids[entry.parent_code]
        if row is None:
            row = _make(session, entry, above_id)
            changes.append(added(_named(entry.part)))
        else:
            changes += _change(session, row, entry, above_id)
        scope_ids[row.code] = row.access_scope_id
    return changes


def _named(part: EntryPart) -> str:
    return f"Aktenplan {part.code} „{part.title}“"


def _make(session: Session, entry: PlacedEntry, above_id: int) -> FilingPlanEntry:
    part = entry.part
    row = FilingPlanEntry(
        code=part.code,
        title=part.title,
        parent_code=entry.parent_code,
        position=entry.position,
        retention_years=part.retention_years,
        field_types=_field_types(part),
        sections=list(part.sections),
        break_glass=part.break_glass,
        four_eyes=list(part.four_eyes),
        parties_may_read=part.parties_may_read,
        access_scope_id=scopes.make_scope(session, ScopeKind.FILING_PLAN, part.code, above_id),
    )
    session.add(row)
    session.flush()
    places.sections_changed(session, row)
    scopes.set_level(session, row.access_scope_id, LEVEL_WORDS.index(part.level))
    return row


def _change(session: Session, row: FilingPlanEntry, entry: PlacedEntry, above_id: int) -> list[Change]:
    part, field_types = entry.part, _field_types(entry.part)
    differences = Differences()
    differences.note("Titel", row.title, part.title)
    differences.note("Aufbewahrung in Jahren", row.retention_years, part.retention_years)
    # Their order counts: it is the order of the form.
    differences.note_that([*row.field_types.items()] != [*field_types.items()], "Felder")
    differences.note("Register", row.sections, list(part.sections))
    differences.note_that(row.position != entry.position and row.parent_code == entry.parent_code, "Reihenfolge")
    level = session.get_one(AccessScope, row.access_scope_id).level
    differences.note("Stufe", LEVEL_WORDS[level], part.level)
    differences.note("Notzugriff", _yes_no(row.break_glass), _yes_no(part.break_glass))
    differences.note("Vier Augen", row.four_eyes, list(part.four_eyes))
    if differences.note("Beteiligte dürfen lesen", _yes_no(row.parties_may_read), _yes_no(part.parties_may_read)):
        row.parties_may_read = part.parties_may_read
        interested_parties.reading_changed(session, row)
    row.break_glass, row.four_eyes = part.break_glass, list(part.four_eyes)
    row.title, row.position, row.retention_years = part.title, entry.position, part.retention_years
    row.field_types, row.sections = field_types, list(part.sections)
    if differences.note("Übergeordnet", row.parent_code, entry.parent_code):
        row.parent_code = entry.parent_code
        scopes.move_scope(session, row.access_scope_id, above_id)
    session.flush()
    places.sections_changed(session, row)
    scopes.set_level(session, row.access_scope_id, LEVEL_WORDS.index(part.level))
    return differences.of(_named(part))


def _yes_no(value: bool) -> str:
    return "ja" if value else "nein"


def _field_types(part: EntryPart) -> dict[str, Any]:
    return {name: {"type": field.type, "required": field.required} for name, field in part.fields.items()}
