"""Opening a case file (Akte anlegen)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.pages import organisation
from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import Posted, PostedDep, Visit, VisitDep, read_day
from eakte import access, case_files
from eakte.access_tables import Right
from eakte.case_files import CaseFileWish
from eakte.errors import Conflict, EakteError, Invalid
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.levels import Level
from eakte.parties import PartyWish

router = APIRouter()
PARTY_ROWS = 2
MOST_PARTY_ROWS = 100


@dataclass(frozen=True)
class PartyRow:
    """A party as typed."""

    role: str = ""
    name: str = ""
    birth_date: str = ""
    address: str = ""
    protected: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed that says who it is."""
        return not (self.role or self.name or self.birth_date or self.address)


@router.get("/akten/neu")
def show_form(visit: VisitDep, plan: str) -> Response:
    """The empty form for an entry of the filing plan."""
    return _form(visit, plan, None, [PartyRow()] * PARTY_ROWS)


@router.post("/akten/neu")
def open_case_file(posted: PostedDep) -> Response:
    """Open the case file, or show the form again with what is wrong."""
    visit, plan, parties = posted.visit, posted.text("plan"), _parties_of(posted)
    if posted.text("mehr"):
        rows = [*parties, *[PartyRow()] * PARTY_ROWS]
        return _form(visit, plan, posted, rows[:MOST_PARTY_ROWS])

    def act(session: Session) -> Response:
        entry = access.filing_plan_entry_for(session, visit.actor, plan, Right.FILE)
        wish = CaseFileWish(
            filing_plan=plan,
            title=posted.text("title"),
            parties=[_wish(row) for row in parties if not row.is_empty],
            fields=_fields_of(posted, entry),
            responsible_unit=posted.optional("responsible_unit"),
            level=posted.optional("level"),
        )
        case_file = case_files.open_case_file(
            session, visit.actor, wish, reference_format=visit.service.settings.reference_format
        )
        return go_to(f"/akten/{case_file.id}", "case_file_opened", reference=case_file.reference)

    try:
        return posted.write_once(act)
    except (Invalid, Conflict) as error:
        return _form(visit, plan, posted, parties or [PartyRow()], problem=error, status=422)


def _form(
    visit: Visit,
    plan: str,
    posted: Posted | None,
    parties: list[PartyRow],
    *,
    problem: EakteError | None = None,
    status: int = 200,
) -> Response:
    with visit.service.database.reading() as session:
        entry = access.filing_plan_entry_for(session, visit.actor, plan, Right.FILE)
        units = organisation.units(session)
        at_least = access.level_of(session, entry.access_scope_id)
    own_unit = visit.actor.units[0] if visit.actor.units else ""
    return render(
        visit.request,
        "opening.html",
        status=status,
        entry=entry,
        units=units,
        parties=parties,
        title=posted.text("title") if posted else "",
        unit=posted.text("responsible_unit") if posted else own_unit,
        typed={name: posted.text(f"field:{name}") if posted else "" for name in entry.field_types},
        least_level=at_least.word,
        levels=[level.word for level in Level if at_least < level <= visit.actor.own.ceiling],
        level=posted.text("level") if posted else "",
        problem=problem,
        may_add_rows=len(parties) < MOST_PARTY_ROWS,
    )


def _parties_of(posted: Posted) -> list[PartyRow]:
    protected = set(posted.all("party_protected"))
    columns = zip(
        posted.all("party_role"),
        posted.all("party_name"),
        posted.all("party_birth_date"),
        posted.all("party_address"),
        strict=False,
    )
    return [PartyRow(*cells, str(index) in protected) for index, cells in enumerate(columns)]


def _wish(row: PartyRow) -> PartyWish:
    if not row.role or not row.name:
        raise Invalid(f"Bei „{row.name or row.role or row.address}“ fehlt die Rolle oder der Name; bitte ergänzen.")
    return PartyWish(
        role=row.role,
        name=row.name,
        birth_date=read_day("party_birth_date", row.birth_date),
        address={"text": row.address} if row.address else None,
        protected=row.protected,
    )


def _fields_of(posted: Posted, entry: FilingPlanEntry) -> dict[str, Any]:
    """The typed fields as JSON values; what cannot be read as its type goes on as text and is refused there."""
    fields: dict[str, Any] = {}
    for name, field_type in entry.field_types.items():
        text = posted.text(f"field:{name}")
        if field_type["type"] == "boolean":
            fields[name] = bool(text)
        elif text:
            fields[name] = _number(text) if field_type["type"] == "number" else text
    return fields


def _number(text: str) -> int | float | str:
    plain = text.replace(".", "").replace(",", ".") if "," in text else text
    try:
        return int(plain) if plain.lstrip("+-").isdecimal() else float(plain)
    except ValueError:
        return text
