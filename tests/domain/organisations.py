"""Small organisations for tests, applied from text."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from sqlmodel import Session

from eakte.apply import apply_organisation
from eakte.case_file_tables import CaseFile
from eakte.errors import Invalid
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.places import responsible_scope
from eakte.principals import UNASSIGNED_UNIT
from eakte.references import reference_key, reference_sort
from storage.folder_blobs import FolderBlobs

CITY = """
units:
  - {id: PO, name: Personal}
  - {id: SO, name: Soziales}
  - {id: SO-EH, name: Eingliederungshilfe, parent: SO}
people:
  - {id: anna, name: Änne Ärmel, email: anna@example.org, units: [SO-EH, PO], roles: [registry@SO, admin]}
  - {id: otto, name: Otto Öl}
systems: [{id: km-personal, name: KM-Personal}]
stations: [{id: scan-1, name: Poststelle, unit: PO}]
filing_plan:
  - code: 11
    title: Personal
    children:
      - code: 11.20
        title: Personalakten
        retention_years: 5
        fields: {personnel_no: {type: text, required: true}}
        sections: [Vertrag, Bezüge]
  - {code: "50", title: Soziales}
grants:
  - {on: "plan:11.20", to: {system: km-personal}, rights: [read, file, edit]}
  - {on: "plan:11", to: {unit: PO}, rights: [Leiten]}
  - {on: "plan:50", to: {unit: SO, sub_units: true}, rights: [Bearbeiten], until: 2027-12-31, reason: Aufgabe}
  - {on: "plan:50", to: {person: otto}, rights: [read]}
"""


class Desk:
    """Where organisation files are applied."""

    def __init__(self, session: Session, blobs: FolderBlobs, folder: Path) -> None:
        self.session = session
        self.blobs = blobs
        self.folder = folder

    def apply(self, source: str, *, dry_run: bool = False) -> list[str]:
        """Apply a file; returns the lines of what changed."""
        changes = apply_organisation(
            self.session, self.blobs, source=dedent(source), folder=self.folder, actor_id="admin", dry_run=dry_run
        )
        return [change.what for change in changes]

    def refusals(self, source: str) -> list[tuple[str, str]]:
        """What is told about a file that is refused: pointer and text."""
        with pytest.raises(Invalid) as refused:
            self.apply(source)
        assert not self.session.new
        assert not self.session.dirty
        return [(problem.pointer, problem.detail) for problem in refused.value.fields]

    def entry(self, code: str) -> FilingPlanEntry:
        return self.session.get_one(FilingPlanEntry, code)

    def case_file(self, code: str, reference: str) -> CaseFile:
        """Open a case file nobody in particular is responsible for."""
        scope_id = responsible_scope(self.session, self.entry(code), UNASSIGNED_UNIT)
        case_file = CaseFile(
            reference=reference,
            reference_sort=reference_sort(reference),
            reference_key=reference_key(reference),
            filing_plan_code=code,
            title="Akte",
            responsible_unit_id=UNASSIGNED_UNIT,
            access_scope_id=scope_id,
            created_by="anna",
        )
        self.session.add(case_file)
        self.session.flush()
        return case_file
