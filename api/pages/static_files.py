"""Stylesheet and script: served under an address that changes with their content, so browsers keep them for good."""

from __future__ import annotations

import hashlib
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"


def _digest() -> str:
    content = hashlib.sha256()
    for path in sorted(FOLDER.iterdir()):
        content.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return content.hexdigest()[:16]


PREFIX = f"/static/{_digest()}"


def static_url(name: str) -> str:
    """Where a file of the static folder is found."""
    return f"{PREFIX}/{name}"


def mount_static(app: FastAPI) -> None:
    """Serve the static folder of this release."""
    app.mount(PREFIX, _KeptForGood(directory=FOLDER), name="static")


class _KeptForGood(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
