"""What went wrong, told as a page: what happened and what to do."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from api.pages.rendering import render
from eakte.errors import EakteError, FieldProblem

KNOWN = frozenset({401, 403, 404, 405, 409, 412, 413, 415, 422, 503})
"""Statuses with a text of their own in `error.html`; every other is an error of ours."""


def page_for(request: Request, error: Exception, status: int) -> Response:
    """The page for an error; without a session, the way to signing in and back.

    Args:
        status: As `api.problems` maps the error.
    """
    if status == 401:
        return RedirectResponse(f"/anmelden?ziel={quote(_target(request), safe='')}", 303)
    # What is hidden and what does not exist must look alike, so only these errors may speak for themselves.
    speaks = isinstance(error, EakteError) and status not in (404, 500)
    fields: tuple[FieldProblem, ...] = getattr(error, "fields", ()) if speaks else ()
    return render(
        request,
        "error.html",
        status=status,
        code=status if status in KNOWN else 500,
        detail=str(error) if speaks else "",
        fields=fields,
        request_id=getattr(request.state, "request_id", ""),
    )


def _target(request: Request) -> str:
    """Where to go on after signing in: the page asked for, or the one whose form was sent."""
    if request.method in ("GET", "HEAD"):
        return str(request.url.path) + (f"?{request.url.query}" if request.url.query else "")
    referrer = urlsplit(request.headers.get("referer", ""))
    if referrer.netloc == request.url.netloc:
        return referrer.path + (f"?{referrer.query}" if referrer.query else "")
    return "/"
