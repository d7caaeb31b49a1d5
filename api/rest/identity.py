"""Tokens, and who one is."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from api.calls import Answer, CallDep, origin_of, service_of
from api.problems import ClientRefused, GrantTypeUnknown, answers
from api.rest.schemas.identity import MeOut, TokenOut
from eakte import sign_in
from eakte.errors import NotPermitted
from eakte.levels import LEVEL_WORDS
from eakte.principals import PrincipalKind

router = APIRouter(tags=["Anmeldung"])
TOKEN_LIFETIME = timedelta(hours=1)


@router.post("/oauth/token", response_model=TokenOut, responses=answers(400), summary="Get a bearer token")
def issue_token(
    request: Request,
    grant_type: Annotated[str, Form(description="Always `client_credentials`")],
    client_id: Annotated[str | None, Form()] = None,
    client_secret: Annotated[str | None, Form()] = None,
) -> Response:
    """Exchange client credentials for a token (RFC 6749, section 4.4). Also takes them as Basic authorization."""
    if grant_type != "client_credentials":
        raise GrantTypeUnknown("Nur der „grant_type“ „client_credentials“ wird unterstützt.")
    client_id, client_secret = _basic(request) or (client_id or "", client_secret or "")
    service, origin = service_of(request), origin_of(request)
    try:
        principal = sign_in.let_in(
            service.database,
            client_id,
            client_secret,
            kinds=frozenset({PrincipalKind.SYSTEM, PrincipalKind.STATION}),
            elsewhere="Tokens gibt es nur für Fachverfahren und Stationen; Personen melden sich in den Seiten an.",
            origin=origin,
        )
    except NotPermitted as error:
        raise ClientRefused(str(error)) from error
    with service.database.writing() as session:
        token, _ = sign_in.issue_token(session, principal.id, lifetime=TOKEN_LIFETIME, origin=origin)
    out = TokenOut(access_token=token, expires_in=int(TOKEN_LIFETIME.total_seconds()))
    response = Answer(out).response()
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get("/me", response_model=MeOut, responses=answers(), summary="Who am I?")
def who_am_i(call: CallDep) -> Response:
    """Tell whom the token stands for, with units and roles."""
    actor = call.actor
    out = MeOut(
        id=actor.id,
        name=actor.name,
        kind=actor.kind.value,
        ceiling=LEVEL_WORDS[actor.own.ceiling],
        units=list(actor.units),
        roles=sorted(role if unit is None else f"{role}@{unit}" for role, unit in actor.roles),
        deputised=list(actor.represented),
    )
    return Answer(out).response()


def _basic(request: Request) -> tuple[str, str] | None:
    """Client id and secret from a Basic authorization header, or None."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, secret = base64.b64decode(value).decode("utf-8").partition(":")
    except ValueError as error:
        raise ClientRefused("Die Basic-Anmeldung ist fehlerhaft.") from error
    return (client_id, secret) if colon else None
