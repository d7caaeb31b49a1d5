"""The language of letter templates: Jinja in a sandbox, strict, and with errors for people.

A city edits its templates itself. So a template may compute and repeat, but reach nothing except
the values it is given; a value that is not there is an error, never a gap in a letter.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import jinja2
from jinja2.exceptions import SecurityError, TemplateNotFound, TemplateSyntaxError, UndefinedError
from jinja2.runtime import StrictUndefined, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

TEMPLATE_FAILURES = (
    jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError
)  # fmt: skip
"""What filling a template can raise when the template is wrong or does not fit its values."""

_MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni",
    "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_BLANK_LINES = re.compile(r"\n\s*\n")


class Values(dict[str, object]):
    """Values that know where in the whole they stand, so that an error can say `akte.zeichen`."""

    def __init__(self, path: str, values: Mapping[str, object]) -> None:
        self._path = path
        within = f"{path}." if path else ""
        super().__init__({str(name): _plain(value, f"{within}{name}") for name, value in values.items()})


class MissingValue(StrictUndefined):
    """A value the template uses and nobody has given."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        whole, name = self._undefined_obj, self._undefined_name
        if isinstance(whole, Values) and whole._path:
            return f"Der Wert „{whole._path}.{name}“ ist nicht da."
        if whole is None:
            return f"Der Wert „{name}“ ist nicht da, denn schon das davor ist leer."
        return f"Der Wert „{name}“ ist nicht da."


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """Jinja as letter templates speak it."""

    def __init__(self, loader: jinja2.BaseLoader | None = None) -> None:
        super().__init__(
            loader=loader,
            autoescape=True,
            undefined=MissingValue,
            finalize=_printable,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.filters["langes_datum"] = long_date
        self.filters["absaetze"] = paragraphs

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Prefer a value over a method: a field may well be called `items` or `copy`."""
        if isinstance(obj, Values) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        """Refuse what leads out of the values."""
        return self.undefined(
            f"Auf „{attribute}“ darf eine Vorlage nicht zugreifen.", name=attribute, obj=obj, exc=SecurityError
        )


@dataclass(frozen=True)
class Problem:
    """What is wrong with a template.

    Attributes:
        line: From 1, where known.
        file: Full path of the included file it stands in; None for the template itself.
        what: A German sentence.
    """

    line: int | None
    file: str | None
    what: str


def problem(error: Exception, main: str) -> Problem:
    """Say for a person what went wrong while a template was read or filled.

    Args:
        error: One of `TEMPLATE_FAILURES`.
        main: File name under which Jinja knows the template itself.
    """
    line, file = _position(error)
    return Problem(line, None if file == main else file, _what(error))


def long_date(value: object) -> object:
    """Write a date in words (`1. Dezember 2026`); takes dates and ISO texts, leaves everything else as it is."""
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        value = date.fromisoformat(value)
    if isinstance(value, date):
        return f"{value.day}. {_MONTHS[value.month - 1]} {value.year}"
    return value


def paragraphs(value: object) -> list[str]:
    """Split a text at its blank lines (Absätze)."""
    text = "" if value is None else str(value).replace("\r\n", "\n")
    return [part.strip() for part in _BLANK_LINES.split(text) if part.strip()]


def _plain(value: object, path: str) -> object:
    """Copy what templates may see; anything with behaviour of its own stays out of their reach."""
    if value is None or isinstance(value, str | int | float | Decimal | date | datetime):
        return value
    if isinstance(value, Mapping):
        return Values(path, value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_plain(each, f"{path}[{index}]") for index, each in enumerate(value)]
    raise TypeError(f"templates get plain values only, not {type(value).__name__} in {path}")


def _printable(value: object) -> object:
    """Only what reads well in a letter is printed: nothing for an empty value, no list, no method."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, date):
        return long_date(value)
    if isinstance(value, str | int | float | Decimal | Undefined):
        return value
    raise TypeError("Hier steht eine Liste oder ein Befehl, wo ein einzelner Wert stehen müsste.")


def _position(error: Exception) -> tuple[int | None, str | None]:
    if isinstance(error, TemplateSyntaxError):
        return error.lineno, error.filename
    # Jinja rewrites the traceback, so that it names files and lines of templates.
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.endswith(".py")]
    return (frames[-1].lineno, frames[-1].filename) if frames else (None, None)


def _what(error: Exception) -> str:
    describe: dict[type[Exception], Callable[[Any], str]] = {
        UndefinedError: str,
        SecurityError: str,
        TemplateNotFound: lambda missing: f"Die Datei „{missing.name}“ ist nicht da oder nicht erlaubt.",
        TemplateSyntaxError: lambda syntax: f"So ist die Vorlage nicht lesbar: {syntax.message}",
    }
    for kind, sentence in describe.items():
        if isinstance(error, kind):
            return sentence(error)
    return f"Das lässt sich nicht ausführen: {error}"
