"""Who gains and who loses which rights by an organisation file, in lines for people."""

from __future__ import annotations

from sqlmodel import Session

from eakte import rights_preview
from eakte.access_tables import right_names
from eakte.apply.changes import Change
from eakte.rights_preview import RightsByPlace, RightsDelta


def effects(session: Session, before: RightsByPlace) -> list[Change]:
    """What everybody gains and loses since rights were as before."""
    found = rights_preview.effects_of(session, before, rights_preview.rights_by_place(session))
    return [change for delta in found for change in _in_lines(delta)]


def _in_lines(delta: RightsDelta) -> list[Change]:
    who = f"{delta.name} ({delta.person_id})"
    lines: list[Change] = []
    if delta.gained:
        lines.append(Change(f"{who} gewinnt: {right_names(delta.gained)} – {delta.on}", "gained"))
    if delta.lost:
        lines.append(Change(f"{who} verliert: {right_names(delta.lost)} – {delta.on}", "lost"))
    return lines
