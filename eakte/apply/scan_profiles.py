"""Scan profiles from an organisation file."""

from __future__ import annotations

from sqlmodel import Session

from eakte.apply.changes import Change, Differences, added
from eakte.apply.problems import Problems
from eakte.apply.reading import OrganisationFile
from eakte.apply.schema import ScanProfilePart
from eakte.scan_profiles import AGREEMENT, BlankPages, ScannedSides, ScanProfile


def check_scan_profiles(file: OrganisationFile, problems: Problems) -> None:
    """One id for one profile, and each language once."""
    problems.refuse_repeats(
        ((profile.part.id, (*profile.place, "id")) for profile in file.scan_profiles), "eine id gilt nur einmal."
    )
    for profile in file.scan_profiles:
        place = (*profile.place, "languages")
        problems.refuse_repeats(
            ((language, (*place, index)) for index, language in enumerate(profile.part.languages)), "einmal genügt."
        )


def apply_scan_profiles(session: Session, file: OrganisationFile) -> list[Change]:
    """Make or change the profiles of the file; others stay as they are. Stacks keep what held on their reception."""
    changes: list[Change] = []
    for profile in file.scan_profiles:
        part = profile.part
        what = f"Scanprofil {part.id} „{part.name}“"
        row = session.get(ScanProfile, part.id)
        if row is None:
            row = ScanProfile(id=part.id, name=part.name)
            session.add(row)
            changes.append(added(what))
        else:
            differences = Differences()
            differences.note("Name", row.name, part.name)
            differences.note("Seiten", row.sides.value, part.sides)
            differences.note("Leerseiten", row.blank_pages.value, part.blank_pages)
            differences.note_that(row.separators != part.separators, f"Trennblätter {_told(part.separators)}")
            differences.note("Sprachen", tuple(row.languages), part.languages)
            differences.note("Stichprobe in Prozent", row.quality_share, part.quality_share)
            differences.note("Verfahrensanweisung", row.procedure, part.procedure)
            differences.note_that(row.agreement != _agreement(part), "anderer Wortlaut der Übereinstimmung")
            differences.note("Papier aufbewahren, Tage", row.keep_paper_days, part.keep_paper_days)
            changes += differences.of(what)
        row.name, row.sides, row.blank_pages = part.name, ScannedSides(part.sides), BlankPages(part.blank_pages)
        row.separators, row.languages = part.separators, list(part.languages)
        row.quality_share, row.procedure, row.agreement = part.quality_share, part.procedure, _agreement(part)
        row.keep_paper_days = part.keep_paper_days
    session.flush()
    return changes


def _agreement(part: ScanProfilePart) -> str:
    return part.agreement or AGREEMENT


def _told(separators: bool) -> str:
    return "trennen wieder" if separators else "trennen nicht mehr"
