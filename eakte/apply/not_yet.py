"""What the file format has and this version does not: refused by name, because ignoring a shield would open it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eakte.apply.yaml_lines import Place

WHOLE_SECTIONS = ("exclusions", "deputies")
OPEN_LEVEL = "offen"
_TRUE_WORDS = frozenset({"true", "yes", "on", "1", "t", "y"})


def _sentence(what: str) -> str:
    return f"„{what}“ gibt es in dieser Version noch nicht; bitte weglassen."


def missing_section(name: str, content: Any) -> str | None:
    """Why a top-level section cannot be taken, or None."""
    return _sentence(name) if name in WHOLE_SECTIONS and content not in (None, [], {}) else None


def missing_settings(item: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Keys of a person, system or filing plan entry that cannot be taken, each with why."""
    for key in ("level", "ceiling"):
        if item.get(key) not in (None, OPEN_LEVEL):
            yield key, _sentence(f"{key}: {item[key]}").replace("weglassen", f"weglassen oder „{OPEN_LEVEL}“ schreiben")
    if str(item.get("break_glass", "false")).lower() in _TRUE_WORDS:
        yield "break_glass", _sentence("break_glass: true")


def missing_in_grant(item: dict[str, Any]) -> tuple[Place, str] | None:
    """Where and why a grant asks for something that cannot be taken, or None."""
    if str(item.get("shielded", "false")).lower() in _TRUE_WORDS:
        return ("shielded",), _sentence("shielded: true")
    subject = item.get("to")
    if isinstance(subject, dict):
        for key, what in (("all_of", "all_of"), ("role", "role")):
            if key in subject:
                return ("to", key), _sentence(what)
    target = item.get("on")
    if isinstance(target, str) and target.startswith("plan:") and "/" in target:
        detail = f"Rechte auf ein Register („{target}“) gibt es in dieser Version noch nicht; bitte weglassen."
        return ("on",), detail
    return None
