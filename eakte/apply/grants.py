"""Grants and shields from an organisation file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from eakte import grants, nodes, scopes
from eakte.access_tables import AccessGrant, AccessScope, GrantCause, Right, right_names
from eakte.apply.changes import Change
from eakte.apply.problems import Problems
from eakte.apply.reading import OrganisationFile, Placed
from eakte.apply.schema import GrantPart
from eakte.apply.targets import Targets, listed, node_named
from eakte.apply.yaml_lines import Place
from eakte.clock import in_city
from eakte.granting import RIGHT_WORDS
from eakte.subjects import display_names, in_words, problems_of, remember_combination, token_of


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
    targets = Targets(session, file)
    for grant in listed(file.grants):
        part, place = grant.part, grant.place
        targets.check_node(part.on, (*place, "on"), problems)
        targets.check_valid(part, place, problems)
        if part.shielded and part.to is None and part.rights is None:
            continue
        if part.to is None:
            problems.add((*place, "to"), "Hier fehlt „to“.")
        else:
            for problem in problems_of(part.to.as_wish(), targets.names, ""):
                problems.add((*place, "to", *_steps(problem.pointer)), problem.detail)
        if part.rights is None:
            problems.add((*place, "rights"), "Hier fehlt „rights“.")
        for index, word in enumerate(part.rights or ()):
            if word.casefold() not in RIGHT_WORDS:
                detail = f"Das Recht „{word}“ gibt es nicht; möglich sind {', '.join(RIGHT_WORDS)}."
                problems.add((*place, "rights", index), detail)
    problems.refuse_repeats(((_written(grant), grant.place) for grant in listed(file.grants)), "einmal genügt.")


def _steps(pointer: str) -> Place:
    return tuple(int(step) if step.isdecimal() else step for step in pointer.split("/")[1:])


def _written(grant: Placed[GrantPart]) -> str:
    part = grant.part
    if part.to is None:
        return f"{part.on} abgeschirmt"
    rights = right_names(_rights(part.rights or ())) + _validity(part.valid_from, part.valid_until)
    return f"{part.on} für {token_of(part.to.as_wish())} ({rights}{part.reason and f', {part.reason}'})"


def apply_grants(session: Session, file: OrganisationFile, *, actor_id: str) -> list[Change]:
    """Give what the file says, and take back what an earlier file gave and this one no longer does.

    Grants of other causes are not touched. A file that does not speak of grants changes none.
    """
    if file.grants is None:
        return []
    changes = _apply_shields(session, {grant.part.on for grant in file.grants if grant.part.shielded})
    wishes = {_wish(session, grant.part): grant.part for grant in file.grants if grant.part.to is not None}
    given = session.exec(
        select(AccessGrant)
        .where(AccessGrant.cause == GrantCause.APPLIED, col(AccessGrant.revoked_at).is_(None))
        .order_by(col(AccessGrant.id))
    ).all()
    for grant in given:
        if wishes.pop(_of_row(grant), None) is None:
            grants.end_grant(session, grant, revoked_by=actor_id)
            changes.append(Change(f"{_row_in_words(session, grant)} entzogen", "removed"))
    for wish, part in wishes.items():
        remember_combination(session, wish.subject)
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


def _apply_shields(session: Session, wanted: set[str]) -> list[Change]:
    """Shield what the file says; what only an earlier file shielded inherits again."""
    changes: list[Change] = []
    scope_ids = {nodes.scope_for_rights(session, node_named(session, on)) for on in sorted(wanted)}
    by_files = session.exec(select(AccessScope).where(col(AccessScope.shielded_by_file).is_(True))).all()
    for scope in by_files:
        if scope.id is not None and scope.id not in scope_ids:
            scope.shielded_by_file = False
            scopes.set_shield(session, scope.id, shielded=False)
            changes.append(Change(f"Abschirmung aufgehoben: {_target(session, scope)}", "removed"))
    for scope_id in sorted(scope_ids):
        scope = session.get_one(AccessScope, scope_id)
        if not scope.shielded:
            scope.shielded_by_file = True
            scopes.set_shield(session, scope_id, shielded=True)
            changes.append(Change(f"Abgeschirmt: {_target(session, scope)}", "added"))
    return changes


def _wish(session: Session, part: GrantPart) -> _Wish:
    assert part.to is not None, "only asked for grants"
    scope_id = nodes.scope_for_rights(session, node_named(session, part.on))
    rights = int(_rights(part.rights or ()))
    return _Wish(scope_id, token_of(part.to.as_wish()), rights, part.valid_from, part.valid_until, part.reason)


def _of_row(row: AccessGrant) -> _Wish:
    return _Wish(row.scope_id, row.subject, row.rights, row.valid_from, row.valid_until, row.reason)


def _rights(words: tuple[str, ...]) -> Right:
    rights = Right.READ
    for word in words:
        rights |= RIGHT_WORDS.get(word.casefold(), Right.READ)
    return rights


def _row_in_words(session: Session, row: AccessGrant) -> str:
    on = _target(session, session.get_one(AccessScope, row.scope_id))
    validity = _validity(row.valid_from, row.valid_until)
    who = in_words(row.subject, display_names(session))
    return f"Zugriff auf {on} für {who} ({right_names(Right(row.rights))}{validity})"


def _target(session: Session, scope: AccessScope) -> str:
    return nodes.scope_in_words(session, scope)


def _validity(begins: datetime | None, ends: datetime | None) -> str:
    since = f", ab {in_city(begins):%d.%m.%Y %H:%M}" if begins else ""
    until = f", vor {in_city(ends):%d.%m.%Y %H:%M}" if ends else ""
    return since + until
