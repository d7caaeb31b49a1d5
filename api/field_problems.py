"""What pydantic finds wrong with a request, field by field: a JSON pointer and a German sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eakte.errors import FieldProblem

_SENTENCES = {
    "missing": "Dieses Feld fehlt.",
    "extra_forbidden": "Dieses Feld ist hier nicht bekannt.",
    "string_type": "Hier wird ein Text erwartet.",
    "string_unicode": "Der Text enthält Zeichen, die es nicht gibt.",
    "string_too_short": "Der Text ist zu kurz; mindestens {min_length} Zeichen.",
    "string_too_long": "Der Text ist zu lang; höchstens {max_length} Zeichen.",
    "too_short": "Das sind zu wenige; mindestens {min_length}.",
    "too_long": "Das sind zu viele; höchstens {max_length}.",
    "list_type": "Hier wird eine Liste erwartet.",
    "dict_type": "Hier wird ein Objekt erwartet.",
    "model_type": "Hier wird ein Objekt erwartet.",
    "model_attributes_type": "Hier wird ein Objekt erwartet.",
    "bool_type": "Hier wird true oder false erwartet.",
    "bool_parsing": "Hier wird true oder false erwartet.",
    "int_type": "Hier wird eine ganze Zahl erwartet.",
    "int_parsing": "Hier wird eine ganze Zahl erwartet.",
    "int_parsing_size": "Die Zahl ist zu groß.",
    "int_from_float": "Hier wird eine ganze Zahl erwartet.",
    "greater_than_equal": "Die Zahl muss mindestens {ge} sein.",
    "less_than_equal": "Die Zahl darf höchstens {le} sein.",
    "literal_error": "Möglich sind: {expected}.",
    "uuid_type": "Hier wird eine Kennung (UUID) erwartet.",
    "uuid_parsing": "Hier wird eine Kennung (UUID) erwartet.",
    "date_type": "Hier wird ein Datum erwartet, etwa 2026-10-31.",
    "date_parsing": "Hier wird ein Datum erwartet, etwa 2026-10-31.",
    "date_from_datetime_parsing": "Hier wird ein Datum erwartet, etwa 2026-10-31.",
    "date_from_datetime_inexact": "Hier wird ein Datum ohne Uhrzeit erwartet, etwa 2026-10-31.",
    "datetime_type": "Hier wird ein Zeitpunkt erwartet, etwa 2026-10-31T12:00:00Z.",
    "datetime_parsing": "Hier wird ein Zeitpunkt erwartet, etwa 2026-10-31T12:00:00Z.",
    "datetime_from_date_parsing": "Hier wird ein Zeitpunkt erwartet, etwa 2026-10-31T12:00:00Z.",
    "timezone_aware": "Der Zeitpunkt braucht eine Zeitzone, etwa 2026-10-31T12:00:00Z.",
}


def pointer_to(*steps: str | int) -> str:
    """A JSON pointer (RFC 6901) to keys and positions."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def field_problems(faults: Sequence[Mapping[str, Any]], prefix: str = "", *, body: Any = None) -> list[FieldProblem]:
    """Findings as pointers into the request, each with a sentence.

    Args:
        prefix: Pointer to where the checked part stands.
        body: The checked part, if it is JSON. Where several forms are possible, pydantic names the form in its
            path; only what stands in the body belongs into a pointer.
    """
    return [FieldProblem(prefix + pointer_to(*_steps(fault, body)), _sentence(fault)) for fault in faults]


def _steps(fault: Mapping[str, Any], body: Any) -> list[str | int]:
    loc = [*fault["loc"], *fault.get("ctx", {}).get("steps", ())]
    if body is None:
        return loc
    steps: list[str | int] = []
    for number, step in enumerate(loc, start=1):
        is_missing = fault["type"] == "missing" and number == len(loc)
        inside = isinstance(body, Mapping) and step in body
        at = isinstance(body, list) and isinstance(step, int) and 0 <= step < len(body)
        if inside or at:
            body = body[step]
        elif not is_missing:
            continue
        steps.append(step)
    return steps


def _sentence(fault: Mapping[str, Any]) -> str:
    context = dict(fault.get("ctx", {}))
    if fault["type"] == "value_error":
        return str(context["error"])
    if "expected" in context:
        context["expected"] = str(context["expected"]).replace("'", "").replace(" or ", " oder ")
    sentence = _SENTENCES.get(fault["type"])
    return str(fault["msg"]) if sentence is None else sentence.format(**context)
