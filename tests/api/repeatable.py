"""How a POST is described that may be repeated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Repeatable:
    """A POST that succeeds once, and what may be sent in its place under the same key.

    Attributes:
        headers, other_headers: What else is sent, where that is the content.
        other: Other content; None for a POST without a body, whose address then differs.
    """

    url: str
    body: dict[str, Any] = field(default_factory=dict)
    other: dict[str, Any] | None = None
    caller: str = "anna"
    headers: dict[bytes, bytes] = field(default_factory=dict)
    other_headers: dict[bytes, bytes] | None = None
