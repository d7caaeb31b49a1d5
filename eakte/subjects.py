"""Tokens for whom grants name (Berechtigte): what a grant stores and what a person resolves to.

`person:anna`, `system:km-personal`, `unit:SO` (its own members), `unit-tree:SO` (everybody below, too),
`role:registry@SO`, and `all_of:…`, a combination that reaches only those whom all its members reach.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlmodel import Session, select

from eakte.access_tables import CombinationMember
from eakte.errors import FieldProblem, Invalid
from eakte.principals import Principal, PrincipalKind, Unit

_JOINT = " & "
_ALL_OF = "all_of:"
MOST_MEMBERS = 8


@dataclass(frozen=True)
class SubjectWish:
    """Whom a grant is to name: exactly one of person, unit, role with its unit, system, or several in `all_of`."""

    person: str | None = None
    unit: str | None = None
    sub_units: bool = False
    role: str | None = None
    system: str | None = None
    all_of: tuple[SubjectWish, ...] | None = None


@dataclass(frozen=True)
class KnownNames:
    """The names a wish may use: of things there are, or, for an organisation file, that it makes."""

    is_unit: Callable[[str], bool]
    is_person: Callable[[str], bool]
    is_system: Callable[[str], bool]


def names_in(session: Session) -> KnownNames:
    """The names there are now."""

    def has_kind(kind: PrincipalKind) -> Callable[[str], bool]:
        def check(name: str) -> bool:
            principal = session.get(Principal, name)
            return principal is not None and principal.kind is kind and principal.active

        return check

    return KnownNames(
        is_unit=lambda name: session.get(Unit, name) is not None,
        is_person=has_kind(PrincipalKind.PERSON),
        is_system=has_kind(PrincipalKind.SYSTEM),
    )


def problems_of(wish: SubjectWish, known: KnownNames, pointer: str) -> list[FieldProblem]:
    """Everything wrong with a wish; empty when it names somebody."""
    if wish.all_of is not None:
        if _kinds(wish):
            return [FieldProblem(pointer, "Neben „all_of“ darf nichts anderes stehen.")]
        return _problems_of_parts(wish.all_of, known, pointer)
    kinds = _kinds(wish)
    if len(kinds) != 1:
        return [FieldProblem(pointer, "Bitte genau eines von person, unit, role mit unit, system und all_of angeben.")]
    problems = []
    if wish.sub_units and kinds != ["unit"]:
        problems.append(FieldProblem(f"{pointer}/sub_units", "„sub_units“ gilt nur zusammen mit „unit“."))
    if wish.role is not None and (wish.unit is None or not wish.role.strip()):
        problems.append(FieldProblem(f"{pointer}/role", "Eine Rolle gilt in einer Einheit; bitte auch „unit“ angeben."))
    if wish.person is not None and not known.is_person(wish.person):
        problems.append(FieldProblem(f"{pointer}/person", f"„{wish.person}“ ist keine bekannte Person."))
    if wish.system is not None and not known.is_system(wish.system):
        problems.append(FieldProblem(f"{pointer}/system", f"„{wish.system}“ ist kein bekanntes Fachverfahren."))
    if wish.unit is not None and not known.is_unit(wish.unit):
        problems.append(FieldProblem(f"{pointer}/unit", f"„{wish.unit}“ ist keine bekannte Organisationseinheit."))
    return problems


def _problems_of_parts(parts: tuple[SubjectWish, ...], known: KnownNames, pointer: str) -> list[FieldProblem]:
    if not 2 <= len(parts) <= MOST_MEMBERS:
        return [FieldProblem(f"{pointer}/all_of", f"Bitte 2 bis {MOST_MEMBERS} nennen, die alle zutreffen müssen.")]
    problems = []
    if len({repr(part) for part in parts}) < len(parts):
        problems.append(FieldProblem(f"{pointer}/all_of", "Hier steht zweimal dasselbe; einmal genügt."))
    for index, part in enumerate(parts):
        if part.all_of is not None:
            problems.append(FieldProblem(f"{pointer}/all_of/{index}", "Innerhalb von „all_of“ bitte kein weiteres."))
        else:
            problems += problems_of(part, known, f"{pointer}/all_of/{index}")
    return problems


def _kinds(wish: SubjectWish) -> list[str]:
    kinds = [kind for kind in ("person", "system") if getattr(wish, kind) is not None]
    if wish.role is not None:
        kinds.append("role")
    elif wish.unit is not None:
        kinds.append("unit")
    return kinds


def token_of(wish: SubjectWish) -> str:
    """The token of a wish without problems; equal wishes have equal tokens."""
    if wish.all_of is not None:
        return _ALL_OF + _JOINT.join(sorted({token_of(part) for part in wish.all_of}))
    if wish.role is not None:
        return f"role:{wish.role.strip()}@{wish.unit}"
    if wish.unit is not None:
        return f"unit-tree:{wish.unit}" if wish.sub_units else f"unit:{wish.unit}"
    return f"person:{wish.person}" if wish.person is not None else f"system:{wish.system}"


def subject_for(session: Session, wish: SubjectWish, pointer: str) -> str:
    """The token of whom a grant is for, ready to be granted to.

    Raises:
        Invalid: Naming what is unknown or ambiguous.
    """
    problems = problems_of(wish, names_in(session), pointer)
    if problems:
        raise Invalid("Wer das Recht bekommt, ist nicht klar.", *problems)
    token = token_of(wish)
    remember_combination(session, token)
    return token


def members_of(token: str) -> tuple[str, ...]:
    """The tokens a combination asks for; the token itself when it is none."""
    return tuple(token.removeprefix(_ALL_OF).split(_JOINT)) if token.startswith(_ALL_OF) else (token,)


def remember_combination(session: Session, token: str) -> None:
    """Make a combination one that people resolve to; harmless for other tokens and when it is known."""
    if (
        not token.startswith(_ALL_OF)
        or session.exec(
            select(CombinationMember.combination).where(CombinationMember.combination == token).limit(1)
        ).first()
    ):
        return
    members = members_of(token)
    session.add_all(CombinationMember(combination=token, member=member, size=len(members)) for member in members)
    session.flush()


def to_wish(token: str) -> SubjectWish:
    """The wish that has this token, for showing it as files and the API write it."""
    if token.startswith(_ALL_OF):
        return SubjectWish(all_of=tuple(to_wish(member) for member in members_of(token)))
    kind, _colon, name = token.partition(":")
    if kind == "role":
        role, _at, unit = name.partition("@")
        return SubjectWish(role=role, unit=unit)
    if kind in ("unit", "unit-tree"):
        return SubjectWish(unit=name, sub_units=kind == "unit-tree")
    return SubjectWish(person=name) if kind == "person" else SubjectWish(system=name)


@dataclass(frozen=True)
class DisplayNames:
    """Names as people know them; an id without one is shown as it is."""

    units: Mapping[str, str]
    principals: Mapping[str, str]

    def unit(self, id_: str) -> str:
        return self.units.get(id_, id_)

    def principal(self, id_: str) -> str:
        return self.principals.get(id_, id_)


def in_words(token: str, names: DisplayNames) -> str:
    """A subject as people say it."""
    if token.startswith(_ALL_OF):
        return " und zugleich ".join(in_words(member, names) for member in members_of(token))
    kind, _colon, name = token.partition(":")
    if kind == "role":
        role, _at, unit = name.partition("@")
        return f"Rolle {role} in {names.unit(unit)}"
    if kind == "unit":
        return names.unit(name)
    if kind == "unit-tree":
        return f"{names.unit(name)} mit Untereinheiten"
    shown = names.principal(name)
    return f"Fachverfahren {shown}" if kind == "system" else shown


def display_names(session: Session) -> DisplayNames:
    """The names of all units and of everybody who can act."""
    units = dict(session.exec(select(Unit.id, Unit.name)).all())
    principals = dict(session.exec(select(Principal.id, Principal.name)).all())
    return DisplayNames(units, principals)
