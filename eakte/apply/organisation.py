"""The order in which an organisation file is read, checked and carried out."""

from __future__ import annotations

from pathlib import Path

from sqlmodel import Session

from eakte.apply.changes import Change
from eakte.apply.deputies import apply_deputies, check_deputies
from eakte.apply.effects import effects
from eakte.apply.exclusions import apply_exclusions, check_exclusions
from eakte.apply.filing_plan import apply_filing_plan, check_filing_plan
from eakte.apply.grants import apply_grants, check_grants
from eakte.apply.inbox_rules import apply_inbox_rules, check_inbox_rules
from eakte.apply.principals import apply_principals, check_principals
from eakte.apply.reading import read_organisation
from eakte.apply.scan_profiles import apply_scan_profiles, check_scan_profiles
from eakte.apply.station_operators import apply_operators, check_operators
from eakte.apply.templates import apply_templates, check_templates
from eakte.apply.units import apply_units, check_units
from eakte.audit import AuditTag, record
from eakte.ports import BlobStore
from eakte.rights_preview import rights_by_place


def apply_organisation(
    session: Session, blobs: BlobStore, *, source: str, folder: Path, actor_id: str, dry_run: bool = False
) -> list[Change]:
    """Set up or change units, people, systems, stations, scan profiles, filing plan, rights and templates.

    What the file names is made or changed to be as it says. What it does not name stays as it is, except
    grants, exclusions, deputies and inbox rules of earlier files: such a section is all of its kind that files give.
    The same file again changes nothing.

    Args:
        source: Text of the YAML file.
        folder: Where it lies; templates are found from there.
        dry_run: Work out the changes, and who gains and loses which rights by them, without storing bytes; the
            caller rolls the session back.

    Returns:
        What changes, in the order of the sections; empty when everything is as the file says.

    Raises:
        Invalid: Naming all that is wrong at once, each with its line; nothing has been changed.
    """
    file, problems = read_organisation(source)
    check_units(session, file, problems)
    check_principals(session, file, problems)
    check_operators(session, file, problems)
    check_scan_profiles(file, problems)
    check_filing_plan(session, file, problems)
    check_grants(session, file, problems)
    check_exclusions(session, file, problems)
    check_deputies(session, file, problems)
    check_inbox_rules(session, file, problems)
    contents = check_templates(file, folder, problems)
    problems.settle()

    before = rights_by_place(session) if dry_run else {}
    changes = [
        *apply_units(session, file),
        *apply_principals(session, file),
        *apply_operators(session, file),
        *apply_scan_profiles(session, file),
        *apply_filing_plan(session, file),
        *apply_grants(session, file, actor_id=actor_id),
        *apply_exclusions(session, file, actor_id=actor_id),
        *apply_deputies(session, file, actor_id=actor_id),
        *apply_inbox_rules(session, file),
        *apply_templates(session, blobs, file, contents, dry_run=dry_run),
    ]
    if dry_run:
        changes += effects(session, before)
    elif changes:
        record(
            session,
            AuditTag.ORGANISATION_APPLIED,
            actor_id=actor_id,
            object_kind="organisation",
            object_id="organisation",
            changes=[change.what for change in changes],
        )
    return changes
