"""Who scans at a station (Scankraft): a person, or a pseudonym that only some may turn into a name.

A transfer note names its operator as the delivery did. Where that is a pseudonym of `eakte apply`, whoever leads the
scanning of the station's unit (role `scan-lead`) and administrators can have it resolved, with a reason, on the trail.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session, col, select

from eakte import audit
from eakte.actors import ADMIN, Actor
from eakte.audit import AuditTag
from eakte.errors import FieldProblem, Invalid, NotFound, NotPermitted
from eakte.intake.receive import is_of_its_unit
from eakte.person_names import name_key
from eakte.principals import Person, Principal, PrincipalKind, Station
from eakte.scan_tables import ScanBatch
from eakte.transfer_note_tables import StationOperator

SCAN_LEAD = "scan-lead"
"""The role, in the unit of a station, that may resolve its pseudonyms."""


class OperatorKind(StrEnum):
    """How a delivery names its operator: a login, a pseudonym that can be resolved, or a word nobody has explained."""

    PERSON = "person"
    PSEUDONYM = "pseudonym"
    WORD = "word"


@dataclass(frozen=True)
class Operator:
    """Whom the word of a delivery means.

    Attributes:
        person_id: Of somebody with a login, where that is known.
        name: Of the person meant; empty where nobody knows.
    """

    kind: OperatorKind
    person_id: str | None = None
    name: str = ""


def operator_of(session: Session, station_id: str, word: str) -> Operator:
    """Whom a delivery means by its `operator`; for the domain itself, never shown without `resolve_operator`.

    Besides pseudonyms and logins, the e-mail address and the full name of exactly one person are understood.
    """
    listed = session.get(StationOperator, (station_id, word))
    if listed is not None:
        person = None if listed.person_id is None else session.get_one(Principal, listed.person_id)
        return Operator(OperatorKind.PSEUDONYM, listed.person_id, listed.name if person is None else person.name)
    principal = session.get(Principal, word)
    if principal is not None and principal.kind is PrincipalKind.PERSON:
        return Operator(OperatorKind.PERSON, principal.id, principal.name)
    key = name_key(word)
    meant = [Person.email == word] if "@" in word else [Person.name_key == key] if " " in key else []
    people = session.exec(select(Person.id).where(*meant).order_by(col(Person.id)).limit(2)).all() if meant else []
    if len(people) != 1:
        return Operator(OperatorKind.WORD)
    return Operator(OperatorKind.PERSON, people[0], session.get_one(Principal, people[0]).name)


def has_scanned(session: Session, batch: ScanBatch, person_id: str) -> bool | None:
    """Whether somebody scanned or delivered a stack.

    Returns:
        None where nobody can tell, because nobody knows whom the delivery means.
    """
    if batch.delivered_by == person_id:
        return True
    operator = operator_of(session, batch.station_id, batch.operator)
    if operator.person_id is not None:
        return operator.person_id == person_id
    own_name = name_key(session.get_one(Principal, person_id).name)
    if operator.name:
        return name_key(operator.name) == own_name
    return True if name_key(batch.operator) == own_name else None


def may_resolve(actor: Actor, station: Station) -> bool:
    """Whether somebody may turn the pseudonyms of a station into names."""
    return actor.has_role(ADMIN) or (SCAN_LEAD, station.unit_id) in actor.roles


def resolve_operator(session: Session, actor: Actor, station_id: str, pseudonym: str, reason: str) -> str:
    """Tell whose pseudonym it is; enters the trail with the reason.

    Raises:
        NotFound: As far as the actor may know, there is no such station.
        NotPermitted: Of its unit, but without the role.
        Invalid: Without a reason, or nobody has explained the pseudonym.
    """
    station = session.get(Station, station_id)
    if station is None or not (may_resolve(actor, station) or is_of_its_unit(actor, station)):
        raise NotFound
    if not may_resolve(actor, station):
        raise NotPermitted(
            f"Pseudonyme löst nur auf, wer die Rolle „{SCAN_LEAD}@{station.unit_id}“ hat oder die Installation "
            "verwaltet."
        )
    if not reason.strip():
        raise Invalid("Der Grund fehlt.", FieldProblem("/reason", "Bitte angeben, wozu der Name gebraucht wird."))
    operator = operator_of(session, station_id, pseudonym.strip())
    if not operator.name:
        raise Invalid(
            f"Wen „{pseudonym}“ meint, ist nicht hinterlegt.",
            FieldProblem("/pseudonym", f"Hinterlegt wird es in der Organisationsdatei, bei der Station {station_id}."),
        )
    audit.record(
        session,
        AuditTag.OPERATOR_RESOLVED,
        actor_id=actor.id,
        object_kind="station",
        object_id=station_id,
        origin=actor.origin,
        pseudonym=pseudonym.strip(),
        reason=reason.strip(),
    )
    return operator.name
