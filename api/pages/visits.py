"""A signed-in person looking at pages: who it is, and what a form of theirs brings."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import Depends, Request, Response
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from api.calls import origin_of, service_of
from api.denials import remember_actor
from api.problems import TooLarge, UnsupportedContent
from api.service import Service
from eakte import actors, sign_in
from eakte.actors import Actor
from eakte.errors import Conflict, EakteError, FieldProblem, Invalid, NotFound, NotPermitted
from eakte.idempotency import GivenAnswer
from eakte.principals import Principal

SESSION_COOKIE = "eakte_session"
MAX_FORM_BYTES = 1024 * 1024


class FormOutdated(NotPermitted):
    """A form that does not belong to the present session, or comes from elsewhere."""

    def __init__(self) -> None:
        super().__init__(
            "Dieses Formular gehört zu einer früheren Anmeldung. Bitte zurückgehen, die Seite neu laden und noch "
            "einmal absenden."
        )


@dataclass(frozen=True)
class Visit:
    """A request of a signed-in person.

    Attributes:
        csrf_token: Proof that a form comes from one of our pages; stands in each of them.
        represented: Names of those the person stands in for now.
    """

    request: Request
    service: Service
    actor: Actor
    csrf_token: str = field(repr=False)
    represented: tuple[str, ...] = ()

    @property
    def is_officer(self) -> bool:
        """Whether to show the way to the data protection officer's desk."""
        return self.actor.has_role(actors.DPO)

    @property
    def form_id(self) -> str:
        """A new name for a form: sent twice, it is done once."""
        return secrets.token_urlsafe(12)

    def check_csrf(self, token: str | None) -> None:
        """Insist that a form comes from a page of this session.

        Raises:
            FormOutdated: It does not.
        """
        if token is None or not hmac.compare_digest(token.encode(), self.csrf_token.encode()):
            raise FormOutdated

    def write_once(self, form_id: str, act: Callable[[Session], Response]) -> Response:
        """Do what a form asks in one transaction; the same form again gets the same answer and does nothing.

        So neither a double click nor the back button makes anything twice.
        """
        key = f"form:{form_id}"
        for last_try in (False, True):
            try:
                with self.service.database.writing() as session:
                    given = session.get(GivenAnswer, (self.actor.id, key)) if form_id else None
                    if given is not None:
                        return Response(None, given.status, dict(given.headers))
                    response = act(session)
                    if form_id:
                        session.add(_to_keep(self.actor.id, key, response))
                return response
            except IntegrityError as error:
                if last_try:
                    raise Conflict("Die Angaben widersprechen dem, was schon gespeichert ist.") from error
        raise AssertionError("unreachable")


def _to_keep(principal_id: str, key: str, response: Response) -> GivenAnswer:
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return GivenAnswer(
        principal_id=principal_id, key=key, fingerprint="", status=response.status_code, headers=headers, body=b""
    )


@dataclass(frozen=True)
class Posted:
    """A form as it was sent, once it is known to come from one of our pages."""

    visit: Visit
    fields: tuple[tuple[str, str], ...]

    def text(self, name: str) -> str:
        """A field's text without blanks around it; empty when it was not sent."""
        return next((value.strip() for given, value in self.fields if given == name), "")

    def optional(self, name: str) -> str | None:
        """A field's text; None when nothing was entered."""
        return self.text(name) or None

    def all(self, name: str) -> list[str]:
        """A repeated field's texts, in order."""
        return [value.strip() for given, value in self.fields if given == name]

    def day(self, name: str) -> date | None:
        """A date field; None when nothing was entered.

        Raises:
            Invalid: Not a date.
        """
        return read_day(name, self.text(name))

    def id(self, name: str) -> UUID | None:
        """A choice between things; None when nothing was chosen.

        Raises:
            Invalid: Not an id.
        """
        text = self.text(name)
        try:
            return UUID(text) if text else None
        except ValueError as error:
            raise Invalid("Diese Auswahl gibt es nicht.", FieldProblem(f"/{name}", "Bitte neu auswählen.")) from error

    def write_once(self, act: Callable[[Session], Response]) -> Response:
        """Do what the form asks, once."""
        return self.visit.write_once(self.text("form_id"), act)

    def write_or_show(
        self, act: Callable[[Session], Response], show: Callable[[EakteError, int], Response]
    ) -> Response:
        """Do what the form asks, once; what stands against it is shown where it was asked.

        Args:
            show: Gives that page for the problem and its status: 409 where somebody was quicker, else 422.
        """
        try:
            return self.write_once(act)
        except (Invalid, NotPermitted) as problem:
            return show(problem, 422)
        except Conflict as problem:
            return show(problem, 409)


def read_day(name: str, text: str) -> date | None:
    """A date as browsers send it; None for an empty text.

    Raises:
        Invalid: Not a date.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Invalid("Das Datum ist keines.", FieldProblem(f"/{name}", "Bitte als Tag.Monat.Jahr angeben.")) from error


def visit_of(request: Request) -> Visit:
    """The visit, once its session cookie is known to be good.

    Raises:
        NotFound: Asked for with a null character.
        TokenInvalid: Nobody is signed in here (any more).
    """
    if "\x00" in f"{request.url.path}{''.join(request.query_params.values())}":
        raise NotFound  # no database could look for it
    token = request.cookies.get(SESSION_COOKIE)
    if token is None:
        raise sign_in.TokenInvalid
    service = service_of(request)
    with service.database.reading() as session:
        row = sign_in.principal_for_token(session, token)
        if not row.browser:
            raise sign_in.TokenInvalid
        actor = actors.actor_for(session, row.principal_id, origin_of(request))
        represented = tuple(session.get_one(Principal, person_id).name for person_id in actor.represented)
    remember_actor(request, actor)
    visit = Visit(request, service, actor, row.csrf_token, represented)
    request.state.visit = visit
    return visit


VisitDep = Annotated[Visit, Depends(visit_of)]


async def fields_of(request: Request) -> tuple[tuple[str, str], ...]:
    """The fields of a form without files.

    Raises:
        UnsupportedContent: Another kind of body.
        TooLarge: More than anybody types.
        Invalid: Not text.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise UnsupportedContent("Bitte das Formular der Seite verwenden.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            raise TooLarge("Das Formular enthält zu viel Text; bitte kürzen.")
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=2000)
        if any("\x00" in value for _, value in fields):
            raise ValueError
    except ValueError as error:
        raise Invalid("Das Formular ist fehlerhaft; bitte die Seite neu laden und noch einmal absenden.") from error
    return tuple(fields)


async def posted_by(visit: VisitDep, request: Request) -> Posted:
    """What a signed-in person sent, once it is known to come from one of our pages."""
    posted = Posted(visit, await fields_of(request))
    visit.check_csrf(posted.text("csrf"))
    return posted


PostedDep = Annotated[Posted, Depends(posted_by)]
