"""The letter templates that come with the product, and the layout and stylesheet they share.

A city's own templates may build on `layout.html`, `bausteine.html` and `letter.css` too; docs/letters.md
says how.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
