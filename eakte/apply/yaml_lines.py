"""YAML that still knows in which line everything stood.

Every scalar stays the text that was written: an unquoted `code: 11.20` is not the number 11.2, and the unit
`no` is not false. The schema turns texts into what it wants.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from eakte.errors import FieldProblem, Invalid

Place = tuple[str | int, ...]
"""Where a value is: keys and list positions from the top."""

DEEPEST = 60
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp")
)


class Lines:
    """The line of every place of a document."""

    def __init__(self, lines: Mapping[Place, int]) -> None:
        self._lines = lines

    def at(self, place: Place) -> int:
        """Line of a place, from 1; of what contains it, where the place itself is not written."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)


def pointer(place: Place) -> str:
    """A place as JSON pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in place)


Found = tuple[int, FieldProblem]
"""A problem and its line."""


def problem_at(line: int, place: Place, detail: str) -> Found:
    """A problem that names its line."""
    return line, FieldProblem(pointer(place), f"Zeile {line}: {detail}")


def read_yaml(source: str) -> tuple[Any, Lines, list[Found]]:
    """Read one YAML document into dicts, lists, texts and None.

    Returns:
        The document, its lines, and what is wrong in it although it can be read (keys written twice).

    Raises:
        Invalid: It is not YAML, or uses more of YAML than a list of things needs.
    """
    try:
        node = _Composer(source).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        detail = error.problem if isinstance(error, _TooMuch) else _not_yaml(error, mark)
        raise _unreadable(problem_at(line, (), str(detail))) from error
    except yaml.reader.ReaderError as error:
        line = source.count("\n", 0, error.position) + 1
        detail = f"Das Zeichen mit der Nummer {error.character} darf in YAML nicht stehen; bitte entfernen."
        raise _unreadable(problem_at(line, (), detail)) from error
    lines: dict[Place, int] = {}
    problems: list[Found] = []
    plain = _plain(node, (), lines, problems) if node is not None else None
    return plain, Lines(lines), problems


def _unreadable(found: Found) -> Invalid:
    return Invalid("Die Datei lässt sich nicht lesen; nichts wurde geändert.", found[1])


def _not_yaml(error: yaml.MarkedYAMLError, mark: yaml.Mark | None) -> str:
    if "'\\t'" in (error.problem or ""):
        return "Hier steht ein Tabulator; YAML rückt nur mit Leerzeichen ein."
    column = f" (Spalte {mark.column + 1})" if mark else ""
    begun = error.context_mark
    since = f", angefangen in Zeile {begun.line + 1}" if begun is not None and begun is not mark else ""
    return (
        f"Hier endet, was als YAML lesbar ist{column}: {error.problem}{since}. "
        "Bitte Einrückung, Klammern und Anführungszeichen prüfen."
    )


class _TooMuch(yaml.composer.ComposerError):
    """Something YAML allows, but which only hides what is meant."""


class _Composer(yaml.SafeLoader):
    """Composes nodes without aliases (a few lines of them can stand for millions) and without bottomless nesting."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise self._too_much("Verweise (*) gibt es hier nicht; bitte ausschreiben.")
        if self._depth > DEEPEST:
            raise self._too_much("Hier ist zu tief geschachtelt; bitte die Einrückung prüfen.")
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def _too_much(self, detail: str) -> _TooMuch:
        return _TooMuch(None, None, detail, self.peek_event().start_mark)  # type: ignore[no-untyped-call]


def _plain(node: yaml.Node, place: Place, lines: dict[Place, int], problems: list[Found]) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(place, line)
    if node.tag not in _PLAIN_TAGS:
        problems.append(problem_at(line, place, f"Die Auszeichnung „{node.tag}“ gibt es hier nicht; bitte weglassen."))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*place, index), lines, problems) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key_line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                problems.append(problem_at(key_line, place, "Ein Schlüssel muss ein einfaches Wort sein."))
                continue
            key = str(key_node.value)
            inner = (*place, key)
            if key in mapping:
                first = lines[inner]
                detail = f"„{key}“ steht hier zum zweiten Mal (zuerst in Zeile {first}); bitte eines streichen."
                problems.append(problem_at(key_line, inner, detail))
                continue
            lines[inner] = key_line
            mapping[key] = _plain(value_node, inner, lines, problems)
        return mapping
    assert isinstance(node, yaml.ScalarNode)
    return None if node.style is None and node.value in _NULLS else node.value
