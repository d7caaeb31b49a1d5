"""Who gains and who loses which rights by an organisation file (Probelauf)."""

from __future__ import annotations

from sqlmodel import Session, col, select

from eakte import everybody, nodes
from eakte.access import RIGHT_NAMES
from eakte.access_tables import AccessScope, Right, ScopeKind
from eakte.apply.changes import Change
from eakte.rights_preview import RightsDelta, deltas
from eakte.scopes import id_of

_Rights = dict[int, dict[str, Right]]
_SHOWN = (ScopeKind.FILING_PLAN, ScopeKind.ENTRY_SECTION, ScopeKind.RESPONSIBLE, ScopeKind.INBOX)


def rights_by_place(session: Session) -> _Rights:
    """Everybody's rights on the filing plan, its sections, the units' case files and inboxes, by scope.

    Case files and documents with rights of their own are left out, unless an organisation file gave these.
    """
    session.flush()
    wanted = select(AccessScope).where(col(AccessScope.kind).in_(_SHOWN)).order_by(col(AccessScope.id))
    tokens = everybody.tokens_of_everybody(session)
    return {
        id_of(scope): everybody.rights_of_everybody(session, id_of(scope), tokens)
        for scope in session.exec(wanted).all()
    }


def effects_of(session: Session, before: _Rights, after: _Rights) -> list[Change]:
    """What each person gains and loses, told where it begins and not again for everything below."""
    told: dict[int, list[RightsDelta]] = {}
    changes: list[Change] = []
    for scope_id in sorted(after, key=lambda id_: _depth(session, id_)):
        found = deltas(session, before.get(scope_id, {}), after[scope_id])
        told[scope_id] = found
        scope = session.get_one(AccessScope, scope_id)
        above = told.get(scope.parent_id, []) if scope.parent_id is not None else []
        on = nodes.scope_in_words(session, scope)
        for delta in found:
            if delta in above:
                continue
            for rights, verb, action in ((delta.gained, "gewinnt", "gained"), (delta.lost, "verliert", "lost")):
                if rights:
                    what = f"{delta.name} ({delta.person_id}) {verb}: {_names(rights)} – {on}"
                    changes.append(Change(what, "gained" if action == "gained" else "lost"))
    return changes


def _names(rights: Right) -> str:
    return ", ".join(name for right, name in RIGHT_NAMES.items() if rights & right)


def _depth(session: Session, scope_id: int) -> int:
    depth = 0
    above = session.get_one(AccessScope, scope_id).parent_id
    while above is not None:
        depth += 1
        above = session.get_one(AccessScope, above).parent_id
    return depth
