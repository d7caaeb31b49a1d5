"""Grants from an organisation file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import grants, places
from eakte.access import RIGHT_NAMES
from eakte.access_tables import AccessGrant, AccessScope, GrantCause, Right, ScopeKind
from eakte.apply.changes import Change
from eakte.apply.filing_plan import known_codes
from eakte.apply.principals import KIND_NAMES, known_principals
from eakte.apply.problems import Problems
from eakte.apply.reading import OrganisationFile, Placed
from eakte.apply.schema import GrantPart, SubjectPart
from eakte.apply.units import known_units, refuse_unknown_unit
from eakte.apply.yaml_lines import Place
from eakte.case_file_tables import CaseFile
from eakte.clock import in_city
from eakte.document_tables import Document
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.granting import RIGHT_WORDS
from eakte.principals import PrincipalKind
from eakte.references import reference_key


@dataclass(frozen=True)
class _Wish:
    """What makes one grant equal to another."""

    scope_id: int
    subject: str
    rights: int
    valid_from: datetime | None
    valid_until: datetime | None
    reason: str


def check_grants(session: Session, file: OrganisationFile, problems: Problems) -> None:
    """Unknown targets, subjects and rights; validities that end before they begin; grants written twice."""
    units = known_units(session, file)
    names = {kind: known_principals(session, file, kind) for kind in PrincipalKind}
    codes = known_codes(session, file)
    for grant in file.grants or []:
        part, place = grant.part, grant.place
        _check_target(session, part.on, codes, (*place, "on"), problems)
        _check_subject(part.to, units, names, (*place, "to"), problems)
        for index, word in enumerate(part.rights):
            if word.casefold() not in RIGHT_WORDS:
                detail = f"Das Recht „{word}“ gibt es nicht; möglich sind {', '.join(RIGHT_WORDS)}."
                problems.add((*place, "rights", index), detail)
        if part.valid_from and part.valid_until and part.valid_until <= part.valid_from:
            problems.add((*place, "until"), "Das Ende liegt vor dem Anfang; bitte „from“ und „until“ prüfen.")
    problems.refuse_repeats(((_written(grant), grant.place) for grant in file.grants or []), "einmal genügt.")


def _written(grant: Placed[GrantPart]) -> str:
    part = grant.part
    rights = _right_names(_rights(part.rights)) + _validity(part.valid_from, part.valid_until)
    return f"{part.on} für {_token(part.to)} ({rights}{part.reason and f', {part.reason}'})"


def _check_target(session: Session, on: str, codes: set[str], place: Place, problems: Problems) -> None:
    kind, _colon, name = on.partition(":")
    if kind == "plan":
        if name not in codes:
            problems.add(place, f"Den Aktenplaneintrag „{name}“ gibt es nicht; bitte unter „filing_plan“ anlegen.")
    elif kind == "case":
        if _case_file(session, name) is None:
            problems.add(
                place, f"Eine Akte mit dem Aktenzeichen „{name}“ gibt es nicht; bitte das Aktenzeichen prüfen."
            )
    elif kind == "document":
        if _document(session, name) is None:
            problems.add(place, f"Ein Dokument „{name}“ gibt es nicht; bitte die Kennung prüfen.")
    else:
        detail = f"„{on}“ ist kein Ziel; möglich sind plan:KENNZEICHEN, case:AKTENZEICHEN und document:KENNUNG."
        problems.add(place, detail)


def _check_subject(
    to: SubjectPart, units: set[str], names: dict[PrincipalKind, set[str]], place: Place, problems: Problems
) -> None:
    if sum(subject is not None for subject in (to.person, to.unit, to.system)) != 1:
        problems.add(place, "Hier muss genau eines stehen: person, unit oder system.")
        return
    if to.unit is not None:
        refuse_unknown_unit(problems, units, to.unit, (*place, "unit"))
        return
    if to.sub_units:
        problems.add((*place, "sub_units"), "„sub_units“ gilt nur zusammen mit „unit“; bitte weglassen.")
    for kind, name in ((PrincipalKind.PERSON, to.person), (PrincipalKind.SYSTEM, to.system)):
        if name is not None and name not in names[kind]:
            detail = f"„{name}“ gibt es nicht ({KIND_NAMES[kind]}); bitte anlegen oder die Schreibweise prüfen."
            problems.add((*place, kind.value), detail)


def _case_file(session: Session, reference: str) -> CaseFile | None:
    return session.exec(select(CaseFile).where(CaseFile.reference_key == reference_key(reference))).first()


def _document(session: Session, written_id: str) -> Document | None:
    try:
        document = session.get(Document, UUID(written_id))
    except ValueError:
        return None
    return document if document is not None and document.withdrawn_at is None else None


def apply_grants(session: Session, file: OrganisationFile, *, actor_id: str) -> list[Change]:
    """Give what the file says, and take back what an earlier file gave and this one no longer does.

    Grants of other causes are not touched. A file that does not speak of grants changes none.
    """
    if file.grants is None:
        return []
    wishes = {_wish(session, grant.part): grant.part for grant in file.grants}
    given = session.exec(
        select(AccessGrant)
        .where(AccessGrant.cause == GrantCause.APPLIED, col(AccessGrant.revoked_at).is_(None))
        .order_by(col(AccessGrant.id))
    ).all()
    changes: list[Change] = []
    for grant in given:
        if wishes.pop(_of_row(grant), None) is None:
            grants.end_grant(session, grant, revoked_by=actor_id)
            changes.append(Change(f"{_row_in_words(session, grant)} entzogen", "removed"))
    for wish, part in wishes.items():
        grant = grants.add_grant(
            session,
            wish.scope_id,
            wish.subject,
            Right(wish.rights),
            GrantCause.APPLIED,
            given_by=actor_id,
            reason=part.reason,
            valid_from=part.valid_from,
            valid_until=part.valid_until,
        )
        changes.append(Change(f"{_row_in_words(session, grant)} gegeben", "added"))
    return changes


def _wish(session: Session, part: GrantPart) -> _Wish:
    kind, _colon, name = part.on.partition(":")
    scope_id = _SCOPES[kind](session, name)
    rights = int(_rights(part.rights))
    return _Wish(scope_id, _token(part.to), rights, part.valid_from, part.valid_until, part.reason)


def _of_row(row: AccessGrant) -> _Wish:
    return _Wish(row.scope_id, row.subject, row.rights, row.valid_from, row.valid_until, row.reason)


def _plan_scope(session: Session, code: str) -> int:
    return session.get_one(FilingPlanEntry, code).access_scope_id


def _case_scope(session: Session, reference: str) -> int:
    case_file = _case_file(session, reference)
    assert case_file is not None, "checked before"
    return places.case_file_scope(session, case_file)


def _document_scope(session: Session, written_id: str) -> int:
    document = _document(session, written_id)
    assert document is not None, "checked before"
    return places.document_scope(session, document)


_SCOPES: dict[str, Callable[[Session, str], int]] = {
    "plan": _plan_scope,
    "case": _case_scope,
    "document": _document_scope,
}


def _rights(words: tuple[str, ...]) -> Right:
    rights = Right.READ
    for word in words:
        rights |= RIGHT_WORDS.get(word.casefold(), Right.READ)
    return rights


def _token(to: SubjectPart) -> str:
    if to.unit is not None:
        return f"unit-tree:{to.unit}" if to.sub_units else f"unit:{to.unit}"
    return f"person:{to.person}" if to.person is not None else f"system:{to.system}"


_SUBJECT_NAMES = {
    "person": "Person",
    "unit": "Einheit",
    "unit-tree": "Einheit mit Untereinheiten",
    "system": "Fachverfahren",
}


def _row_in_words(session: Session, row: AccessGrant) -> str:
    scope = session.get_one(AccessScope, row.scope_id)
    subject, _colon, name = row.subject.partition(":")
    validity = _validity(row.valid_from, row.valid_until)
    names = _right_names(Right(row.rights))
    return f"Zugriff auf {_target(session, scope)} für {_SUBJECT_NAMES[subject]} {name} ({names}{validity})"


def _target(session: Session, scope: AccessScope) -> str:
    if scope.kind is ScopeKind.CASE_FILE:
        return f"case:{session.get_one(CaseFile, UUID(scope.node)).reference}"
    return f"{'document' if scope.kind is ScopeKind.DOCUMENT else 'plan'}:{scope.node}"


def _right_names(rights: Right) -> str:
    return ", ".join(name for right, name in RIGHT_NAMES.items() if rights & right)


def _validity(begins: datetime | None, ends: datetime | None) -> str:
    since = f", ab {in_city(begins):%d.%m.%Y %H:%M}" if begins else ""
    until = f", vor {in_city(ends):%d.%m.%Y %H:%M}" if ends else ""
    return since + until
