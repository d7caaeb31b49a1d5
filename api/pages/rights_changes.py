"""What the forms of a rights page ask for, read into changes that can be tried before they are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from api.pages import organisation
from api.pages.rendering import german_day
from api.pages.visits import Posted
from eakte import four_eyes, granting, nodes
from eakte.access_tables import RightsProposal, right_names
from eakte.clock import today
from eakte.errors import FieldProblem, Invalid, NotFound
from eakte.granting import ExclusionWish, GrantWish
from eakte.levels import Level, parse_level
from eakte.nodes import Node
from eakte.subjects import SubjectWish, display_names, in_words, token_of


@dataclass(frozen=True)
class Change:
    """A change of rights on a node.

    Attributes:
        sentence: What is about to happen.
        make: Makes it at once: tried for the preview, then taken back.
        save: Makes it, or proposes it where two people are asked for.
        notice: What the next page tells when it is done.
        waits: Whether it will wait for a second person.
        later: The day from which it holds; empty when that is now.
        asks_reason: Whether the preview asks for a reason.
    """

    sentence: str
    make: Callable[[Session], object]
    save: Callable[[Session], object]
    notice: str
    waits: bool = False
    later: str = ""
    asks_reason: bool = False


def read_change(session: Session, node: Node, posted: Posted) -> Change:
    """The change a form asks for.

    Raises:
        Invalid: Naming what is missing or unknown.
        NotFound: No such form, or what it names is none of this node's.
    """
    reader = _READERS.get(posted.text("was"))
    if reader is None:
        raise NotFound
    return reader(session, node, posted)


# -- the forms ---------------------------------------------------------------------------------------


def _grant(session: Session, node: Node, posted: Posted) -> Change:
    actor = posted.visit.actor
    to = _subject(session, posted)
    words = [*posted.all("bundle"), *posted.all("right")]
    if not words:
        raise Invalid("Es fehlt, was erlaubt werden soll.", FieldProblem("/rights", "Bitte ein Bündel wählen."))
    wish = GrantWish(words, to, posted.day("from"), posted.day("until"), posted.text("reason"))
    whom = in_words(token_of(to), display_names(session))
    rights = granting.parse_rights(words, "")
    return Change(
        f"{whom} bekommt{period_of(posted)}: {right_names(rights)}.",
        make=lambda session: granting.give(session, actor, node, wish),
        save=lambda session: four_eyes.give(session, actor, node, wish),
        notice="right_granted",
        waits=four_eyes.is_asked_for(session, node),
        later=later_start(posted),
    )


def _exclude(session: Session, node: Node, posted: Posted) -> Change:
    actor = posted.visit.actor
    person = organisation.find_person(session, posted.text("person"), "/person")
    wish = ExclusionWish(person, posted.text("reason"), posted.day("from"), posted.day("until"))
    return _at_once(
        f"{display_names(session).principal(person)} wird ausgeschlossen{period_of(posted)}.",
        lambda session: granting.exclude(session, actor, node, wish),
        notice="person_excluded",
        later=later_start(posted),
    )


def _revoke(session: Session, node: Node, posted: Posted) -> Change:
    actor, id_ = posted.visit.actor, _chosen(posted)
    grant = next((one for one in granting.grants_on(session, actor, node) if one.id == id_), None)
    if grant is None:
        raise NotFound
    whom = in_words(grant.subject, display_names(session))
    return _at_once(
        f"{whom} verliert diese Freigabe: {right_names(grant.rights)}.",
        lambda session: granting.revoke(session, actor, node, id_),
        notice="right_revoked",
    )


def _lift(session: Session, node: Node, posted: Posted) -> Change:
    actor, id_, reason = posted.visit.actor, _chosen(posted), posted.text("reason")
    exclusion = next((one for one in granting.exclusions_on(session, actor, node) if one.id == id_), None)
    if exclusion is None:
        raise NotFound
    return Change(
        f"Der Ausschluss von {display_names(session).principal(exclusion.person_id)} wird aufgehoben.",
        make=lambda session: granting.lift(session, actor, node, id_, reason=reason),
        save=lambda session: four_eyes.lift(session, actor, node, id_, reason=reason),
        notice="exclusion_lifted",
        waits=four_eyes.is_asked_for(session, node),
        asks_reason=True,
    )


def _shield(_session: Session, node: Node, posted: Posted) -> Change:
    actor = posted.visit.actor
    sentence = "Die Abschirmung beginnt: Was weiter oben vergeben ist, gilt hier und darunter nicht mehr."
    return _at_once(sentence, lambda session: granting.shield(session, actor, node), notice="shielded")


def _unshield(session: Session, node: Node, posted: Posted) -> Change:
    actor = posted.visit.actor
    return Change(
        "Die Abschirmung endet: Was weiter oben vergeben ist, gilt hier wieder.",
        make=lambda session: granting.unshield(session, actor, node),
        save=lambda session: four_eyes.unshield(session, actor, node),
        notice="unshielded",
        waits=four_eyes.is_asked_for(session, node),
    )


def _level(session: Session, node: Node, posted: Posted) -> Change:
    if node.is_of_plan:  # its levels come from the organisation file
        raise NotFound
    actor, wanted, own = posted.visit.actor, parse_level(posted.text("level"), "/level"), own_level(session, node)
    return Change(
        f"Die eigene Stufe {f'ist „{own.word}“ und wird' if wanted != own else 'bleibt'} „{wanted.word}“.",
        make=lambda session: granting.set_level(session, actor, node, wanted.word),
        save=lambda session: four_eyes.set_level(session, actor, node, wanted.word),
        notice="level_set",
        waits=wanted < own and four_eyes.is_asked_for(session, node),
    )


def _confirm(session: Session, node: Node, posted: Posted) -> Change:
    actor, id_ = posted.visit.actor, _chosen(posted)
    proposal = next((one for one in four_eyes.proposals_on(session, actor, node) if one.id == id_), None)
    if proposal is None:
        raise NotFound
    asked_by = display_names(session).principal(proposal.asked_by)
    return _at_once(
        f"Der Vorschlag von {asked_by} wird bestätigt.",
        lambda session: four_eyes.confirm(session, actor, node, id_),
        notice="proposal_confirmed",
    )


_READERS: dict[str, Callable[[Session, Node, Posted], Change]] = {
    "grant": _grant,
    "exclude": _exclude,
    "revoke": _revoke,
    "lift": _lift,
    "shield": _shield,
    "unshield": _unshield,
    "level": _level,
    "confirm": _confirm,
}


# -- inside ------------------------------------------------------------------------------------------


def _at_once(sentence: str, make: Callable[[Session], object], *, notice: str, later: str = "") -> Change:
    return Change(sentence, make, make, notice, later=later)


def own_level(session: Session, node: Node) -> Level:
    """The level a node has of its own; what lies further up may demand more."""
    scope = nodes.own_scope(session, node)
    return Level.OPEN if scope is None else Level(scope.level)


def period_of(posted: Posted) -> str:
    """From when until when, as typed, in words; empty for at once and for good."""
    begins, ends = german_day(posted.day("from")), german_day(posted.day("until"))
    return (f" ab {begins}" if begins else "") + (f" bis einschließlich {ends}" if ends else "")


def later_start(posted: Posted) -> str:
    """The day from which it holds, as typed; empty when that is now."""
    begins = posted.day("from")
    return german_day(begins) if begins is not None and begins > today() else ""


def has_to_wait(saved: object) -> bool:
    """Whether what `Change.save` gave back is a proposal."""
    return isinstance(saved, RightsProposal)


def _subject(session: Session, posted: Posted) -> SubjectWish:
    kind = posted.text("to")
    if kind == "person":
        return SubjectWish(person=organisation.find_person(session, posted.text("person"), "/to/person"))
    if kind == "unit":
        return SubjectWish(unit=_unit(posted, "unit"), sub_units=bool(posted.text("sub_units")))
    if kind == "role":
        role = posted.text("role")
        if not role:
            raise _missing("/to/role", "Bitte eine Rolle angeben.")
        return SubjectWish(role=role, unit=_unit(posted, "role_unit"))
    if kind == "system":
        if not posted.text("system"):
            raise _missing("/to/system", "Bitte ein Fachverfahren wählen.")
        return SubjectWish(system=posted.text("system"))
    if kind == "all_of":
        parts = [
            SubjectWish(unit=_unit(posted, f"unit_{n}"), sub_units=bool(posted.text(f"sub_units_{n}"))) for n in (1, 2)
        ]
        if parts[0].unit == parts[1].unit:
            raise _missing("/to/unit_2", "Bitte zwei verschiedene Einheiten wählen.")
        return SubjectWish(all_of=tuple(parts))
    raise _missing("/to", "Bitte Person, Einheit, Rolle, Fachverfahren oder zwei Einheiten wählen.")


def _unit(posted: Posted, field: str) -> str:
    unit = posted.text(field)
    if not unit:
        raise _missing(f"/to/{field}", "Bitte eine Einheit wählen.")
    return unit


def _missing(pointer: str, detail: str) -> Invalid:
    return Invalid("Es fehlt, wer das Recht bekommt.", FieldProblem(pointer, detail))


def _chosen(posted: Posted) -> UUID:
    id_ = posted.id("id")
    if id_ is None:
        raise NotFound
    return id_
