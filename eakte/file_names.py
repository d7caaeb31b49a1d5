"""Names that files come under."""

from __future__ import annotations

import re
import unicodedata


def safe_file_name(name: str) -> str:
    """A file name for display and download: its last part, without control characters, at most 200 characters."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    clean = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C").strip(" .")
    return clean[-200:]
