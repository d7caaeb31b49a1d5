"""Signing in and out."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.calls import origin_of, service_of
from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import SESSION_COOKIE, FormOutdated, PostedDep, fields_of
from eakte import sign_in
from eakte.errors import NotPermitted
from eakte.principals import PrincipalKind

router = APIRouter()
SESSION_LIFETIME = timedelta(hours=12)
FORM_COOKIE = "eakte_sign_in"


@router.get("/anmelden")
def show_sign_in(request: Request, ziel: str = "/") -> Response:
    """The sign-in form; its own cookie takes the place of a session's CSRF token."""
    return _form(request, target=safe_target(ziel))


@router.post("/anmelden")
def do_sign_in(request: Request, fields: Annotated[tuple[tuple[str, str], ...], Depends(fields_of)]) -> Response:
    """Let a person in and go on to where they wanted to be."""
    given = dict(fields)
    target, name = safe_target(given.get("ziel", "/")), given.get("name", "").strip()
    expected = request.cookies.get(FORM_COOKIE, "")
    if not expected or not hmac.compare_digest(given.get("csrf", "").encode(), expected.encode()):
        return _form(request, target=target, name=name, problem=FormOutdated(), status=403)
    service, origin = service_of(request), origin_of(request)
    try:
        principal = sign_in.let_in(
            service.database,
            name,
            given.get("passwort", ""),
            kinds=frozenset({PrincipalKind.PERSON}),
            elsewhere="Auf den Seiten melden sich nur Personen an; Fachverfahren nutzen die API.",
            origin=origin,
        )
        with service.database.writing() as session:
            token, _ = sign_in.issue_token(
                session, principal.id, lifetime=SESSION_LIFETIME, browser=True, origin=origin
            )
    except NotPermitted as error:
        return _form(request, target=target, name=name, problem=error, status=403)
    response = go_to(target)
    _set_cookie(request, response, SESSION_COOKIE, token)
    response.delete_cookie(FORM_COOKIE)
    return response


@router.post("/abmelden")
def do_sign_out(request: Request, posted: PostedDep) -> Response:
    """End the session; the browser forgets what it kept of it."""
    visit = posted.visit
    with visit.service.database.writing() as session:
        sign_in.end_token(session, request.cookies.get(SESSION_COOKIE, ""), origin=visit.actor.origin)
    response = go_to("/anmelden", "signed_out")
    response.delete_cookie(SESSION_COOKIE)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def safe_target(target: str) -> str:
    """Where to go on, but never to another host."""
    if not target.startswith("/") or target.startswith(("//", "/\\")) or not target.isprintable():
        return "/"
    return "/" if target.startswith("/anmelden") else target


def _form(
    request: Request, *, target: str, name: str = "", problem: Exception | None = None, status: int = 200
) -> Response:
    csrf = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(32)
    response = render(request, "sign_in.html", status=status, target=target, name=name, problem=problem, form_csrf=csrf)
    _set_cookie(request, response, FORM_COOKIE, csrf)
    return response


def _set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, httponly=True, samesite="lax", secure=request.url.scheme == "https")
