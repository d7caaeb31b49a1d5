"""Sealed statements (versiegelte Angaben): facts in one exact spelling, and a digest that no later word can change.

The spelling is JSON with sorted keys and without blanks (RFC 8785, JCS): whoever is handed the facts can write them
so again and count the digest for themselves. Numbers are whole.

Source: RFC 8785, JSON Canonicalization Scheme (2020-06).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Seal:
    """Facts as they are stored, and the digest over exactly these bytes (SHA-256, hex)."""

    content: str
    digest: str


def seal(facts: Mapping[str, Any]) -> Seal:
    """Write facts down for good.

    Args:
        facts: Texts, whole numbers, booleans, None, lists and mappings of them.
    """
    content = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # Half characters, which no database takes, stand in it as escapes; file names may contain them.
    content = content.encode("utf-8", "backslashreplace").decode("utf-8")
    return Seal(content, digest_of(content))


def digest_of(content: str) -> str:
    """The digest over a stored statement as it is now."""
    return hashlib.sha256(content.encode()).hexdigest()
