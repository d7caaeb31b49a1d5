"""What somebody hands on to a deputy (Vorschau der Vertretung): their own rights, told by filing plan entry.

Nothing is told of the deputy: what they have already, or may not have for their ceiling or an exclusion, is theirs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col

from eakte import access, deputies, nodes
from eakte.access_tables import AccessScope, Right, ScopeKind
from eakte.actors import Actor, actor_for
from eakte.deputies import DeputyWish
from eakte.list_filters import any_of
from eakte.scopes import scopes_below

_TOLD_SINGLY = (
    ScopeKind.ROOT,
    ScopeKind.FILING_PLAN,
    ScopeKind.ENTRY_SECTION,
    ScopeKind.RESPONSIBLE,
    ScopeKind.INBOX,
)
_COUNTED = {
    ScopeKind.CASE_FILE: ("einzelne Akte", "einzelne Akten"),
    ScopeKind.SECTION: ("einzelnes Register", "einzelne Register"),
    ScopeKind.PROCEEDING: ("einzelner Vorgang", "einzelne Vorgänge"),
    ScopeKind.DOCUMENT: ("einzelnes Dokument", "einzelne Dokumente"),
}
"""Of these there may be thousands."""


@dataclass(frozen=True)
class HandedOn:
    """Rights that a deputyship hands on, as far as nothing about the deputy stands in the way.

    Attributes:
        on: Where, in words; what lies below goes with it.
    """

    on: str
    rights: Right


class _Place(NamedTuple):
    kind: ScopeKind
    node: str
    parent_id: int | None
    beside_id: int | None


def handed_on(session: Session, actor: Actor, wish: DeputyWish) -> list[HandedOn]:
    """What the represented person has now in the part they hand on, in the order of the filing plan.

    Raises:
        NotPermitted, Invalid, NotFound: As `deputies.name_deputy` would.
    """
    deputies.check(session, actor, wish)
    represented = actor_for(session, wish.for_person)
    own = replace(represented, identities=(represented.own,))  # what they hold as a deputy is not handed on
    if wish.on is not None and not wish.on.is_of_plan:
        rights = access.rights_on(session, own, nodes.place_of(session, wish.on))
        return [HandedOn(nodes.in_words(session, wish.on), rights)] if rights else []
    part = None if wish.on is None else set(scopes_below(session, nodes.place_of(session, wish.on)))
    held: dict[int, Right] = {}
    for right in Right:
        for scope_id in access.scopes_with(session, own, right).ids:
            if part is None or scope_id in part:
                held[scope_id] = held.get(scope_id, Right(0)) | right
    places = _places(session, held)
    begins = {scope_id: places[scope_id] for scope_id in held if _is_news(held, scope_id, places[scope_id])}
    lines = [*_singly(session, begins, held), *_counted(session, begins, held, places)]
    return [line for _order, line in sorted(lines, key=lambda one: one[0])]


_Line = tuple[tuple[bool, str, int, str], HandedOn]
"""With what it is sorted by: inboxes last, then the code, the order within an entry, the words."""


def _singly(session: Session, begins: dict[int, _Place], held: dict[int, Right]) -> Iterator[_Line]:
    for scope_id, place in begins.items():
        if place.kind in _TOLD_SINGLY:
            words = nodes.scope_in_words(session, session.get_one(AccessScope, scope_id))
            order = (place.kind is ScopeKind.INBOX, _code(place), _TOLD_SINGLY.index(place.kind), words)
            yield order, HandedOn(words, held[scope_id])


def _counted(
    session: Session, begins: dict[int, _Place], held: dict[int, Right], places: dict[int, _Place]
) -> Iterator[_Line]:
    counts: Counter[tuple[int, ScopeKind, Right]] = Counter()
    for scope_id, place in begins.items():
        if place.kind in _COUNTED:
            counts[_holder(scope_id, places), place.kind, held[scope_id]] += 1
    for (holder_id, kind, rights), count in counts.items():
        holder, (one, several) = places[holder_id], _COUNTED[kind]
        on = nodes.scope_in_words(session, session.get_one(AccessScope, holder_id))
        words = f"{on}: {count} {one if count == 1 else several}"
        rank = len(_TOLD_SINGLY) + list(_COUNTED).index(kind)
        yield (holder.kind is ScopeKind.INBOX, _code(holder), rank, words), HandedOn(words, rights)


def _is_news(held: dict[int, Right], scope_id: int, place: _Place) -> bool:
    """Whether a place has other rights than what it hangs below, where they are told already."""
    above, beside = (held.get(upper_id or 0, Right(0)) for upper_id in (place.parent_id, place.beside_id))
    return held[scope_id] not in (above, beside, above | beside)


def _holder(scope_id: int, places: dict[int, _Place]) -> int:
    """The filing plan entry or inbox something belongs to."""
    at = scope_id
    while places[at].kind not in (ScopeKind.FILING_PLAN, ScopeKind.INBOX):
        above = places[at].parent_id
        if above is None:
            break
        at = above
    return at


def _places(session: Session, scope_ids: Iterable[int]) -> dict[int, _Place]:
    """These scopes and all they hang below, with one question for each step up."""
    places: dict[int, _Place] = {}
    wanted = set(scope_ids)
    while wanted:
        rows = session.execute(
            sa.select(
                col(AccessScope.id),
                col(AccessScope.kind),
                col(AccessScope.node),
                col(AccessScope.parent_id),
                col(AccessScope.beside_id),
            ).where(any_of(session, AccessScope.id, sorted(wanted)))
        )
        places |= {scope_id: _Place(*place) for scope_id, *place in rows}
        wanted = {place.parent_id for place in places.values() if place.parent_id is not None} - places.keys()
    return places


def _code(place: _Place) -> str:
    return place.node.partition("|")[0].partition("/")[0]
