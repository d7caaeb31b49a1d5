"""One API call: who makes it, in which transaction, and the answer it gets when it is repeated."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from api.denials import remember_actor
from api.problems import PreconditionFailed, PreconditionRequired
from api.service import Service
from eakte import actors, repeats, sign_in
from eakte.actors import Actor
from eakte.audit import Origin
from eakte.errors import Conflict, FieldProblem, Invalid, NotFound
from eakte.idempotency import GivenAnswer

MAX_KEY_LENGTH = 255
PROPOSALS_HEADER = "Eakte-Proposals"
_bearer = HTTPBearer(auto_error=False, description="Token from `POST /oauth/token` or `eakte token NAME`")


@dataclass(frozen=True)
class Answer:
    """What a call answers.

    Attributes:
        is_state: The body is the present state of the thing asked about, as GET tells it: it gets an ETag.
        location: Where a created thing is found.
        waiting: Ids of the proposals to which parts of a change were put off, until a second person confirms.
        about: What the body tells of, as `eakte.repeats` names it: a repeat asks whether the caller still may know.
        headers: What the call's protocol tells besides.
        kept: Whether a repeat gets the same answer; otherwise it is worked out anew.
        pdf: Told instead of a body.
    """

    body: BaseModel | None
    status: int = 200
    is_state: bool = False
    location: str | None = None
    waiting: tuple[UUID, ...] = ()
    about: tuple[str, ...] = ()
    kept: bool = True
    pdf: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """As HTTP response."""
        headers = dict(self.headers)
        if self.is_state and self.body is not None:
            headers["ETag"] = etag_of(self.body)
        if self.location is not None:
            headers["Location"] = self.location
        if self.waiting:
            headers[PROPOSALS_HEADER] = ", ".join(map(str, self.waiting))
        if self.pdf is not None:
            return Response(self.pdf, self.status, headers, media_type="application/pdf")
        if self.body is None:
            return Response(status_code=self.status, headers=headers)
        return Response(_json(self.body), self.status, headers, media_type="application/json")


def etag_of(body: BaseModel) -> str:
    """Strong validator of a state: made from what is told of it, so that nothing can change without it."""
    return f'"{hashlib.sha256(_json(body).encode()).hexdigest()[:32]}"'


def _json(body: BaseModel) -> str:
    return body.model_dump_json(by_alias=True)


@dataclass
class Call:
    """A request in the hands of its route.

    Attributes:
        actor: Who makes it, resolved once.
    """

    request: Request
    service: Service
    actor: Actor
    _key: str | None = field(default=None)

    def read(self, act: Callable[[Session], Answer]) -> Response:
        """Answer from one consistent view; 304 when the caller has this state already (`If-None-Match`)."""
        with self.service.database.reading() as session:
            response = act(session).response()
        etag = response.headers.get("etag")
        if etag is not None and _matches(self.request.headers.get("if-none-match"), etag):
            return Response(status_code=304, headers={"ETag": etag})
        return response

    def read_and_note(self, act: Callable[[Session], Answer]) -> Response:
        """Answer a read that enters the audit trail."""
        with self.service.database.noting() as session:
            answer = act(session)
        return answer.response()

    def write(self, act: Callable[[Session], Answer], *, content: str = "") -> Response:
        """Do the work in one transaction, committed before the answer leaves.

        A POST with an `Idempotency-Key` seen before gets the answer it got then; the same key with other
        content is a conflict. What the caller may no longer know of is not told again. Two at once on PostgreSQL may
        collide on a constraint; the second then finds what the first wrote.

        Args:
            content: What was asked, in a form that equal requests share.

        Raises:
            NotFound: The answer tells of what the caller may no longer know of, or what is gone.
        """
        fingerprint = self._fingerprint(content)
        for last_try in (False, True):
            try:
                with self.service.database.writing() as session:
                    given = self._given(session, fingerprint)
                    if given is not None:
                        return given
                    answer = act(session)
                    response = answer.response()
                    self._keep(session, fingerprint, answer, response)
                return response
            except IntegrityError as error:
                if last_try:
                    raise Conflict("Die Angaben widersprechen dem, was schon gespeichert ist.") from error
        raise AssertionError("unreachable")

    def given_before(self, content: str) -> Response | None:
        """The answer a repeated request got the first time; lets costly preparations be spared.

        Raises:
            NotFound: As for `write`.
        """
        if self._key is None:
            return None
        with self.service.database.reading() as session:
            return self._given(session, self._fingerprint(content))

    def require_match(self, state: BaseModel) -> None:
        """Insist on `If-Match` with the present state, as GET tells it.

        Raises:
            PreconditionRequired: The header is missing.
            PreconditionFailed: Somebody changed the thing meanwhile.
        """
        if "if-match" not in self.request.headers:
            raise PreconditionRequired("Bitte mit „If-Match“ sagen, welcher Stand geändert werden soll.")
        self.honour_match(lambda: state)

    def honour_match(self, state: Callable[[], BaseModel]) -> None:
        """Check `If-Match` where it is given.

        Args:
            state: Tells the present state as GET does; only asked when the header is there.
        """
        wanted = self.request.headers.get("if-match")
        if wanted is not None and not _matches(wanted, etag_of(state())):
            raise PreconditionFailed("Das wurde inzwischen geändert; bitte neu laden und noch einmal versuchen.")

    def _fingerprint(self, content: str) -> str:
        path = self.request.url.path
        return hashlib.sha256(f"{self.request.method} {path}?{self.request.url.query}\n{content}".encode()).hexdigest()

    def _given(self, session: Session, fingerprint: str) -> Response | None:
        if self._key is None:
            return None
        given = session.get(GivenAnswer, (self.actor.id, self._key))
        if given is None:
            return None
        if given.fingerprint != fingerprint:
            raise Conflict("Dieser Idempotency-Key wurde schon für eine andere Anfrage verwendet.")
        about = given.about or []
        if len(repeats.known_of(session, self.actor, about)) < len(about):
            raise NotFound
        return Response(given.body, given.status, dict(given.headers))

    def _keep(self, session: Session, fingerprint: str, answer: Answer, response: Response) -> None:
        if self._key is None or not answer.kept:
            return
        headers = {name: value for name, value in response.headers.items() if name != "content-length"}
        session.add(
            GivenAnswer(
                principal_id=self.actor.id,
                key=self._key,
                fingerprint=fingerprint,
                status=response.status_code,
                headers=headers,
                body=bytes(response.body),
                about=repeats.known_of(session, self.actor, answer.about),
            )
        )


def origin_of(request: Request) -> Origin:
    """Where a request comes from, for the audit trail."""
    address = request.client.host if request.client is not None else ""
    return Origin(request_id=request.state.request_id, address=address)


def service_of(request: Request) -> Service:
    """The parts this process was put together from."""
    service: Service = request.app.state.service
    return service


def call_of(request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Call:
    """The call, once its bearer token is known to be good."""
    if credentials is None:
        raise sign_in.TokenInvalid
    _check_storable(request)
    service = service_of(request)
    with service.database.reading() as session:
        token = sign_in.principal_for_token(session, credentials.credentials)
        if token.browser:
            raise sign_in.TokenInvalid
        actor = actors.actor_for(session, token.principal_id, origin_of(request))
    remember_actor(request, actor)
    return Call(request, service, actor, _idempotency_key(request))


def _check_storable(request: Request) -> None:
    """Refuse what no database can look for, before one is asked."""
    if "\x00" in request.url.path:
        raise NotFound
    for name, value in request.query_params.multi_items():
        if "\x00" in value:
            raise Invalid("Die Anfrage enthält ein Nullzeichen.", FieldProblem(f"/{name}", "Bitte ohne Nullzeichen."))


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is None or request.method != "POST":
        return None
    if not 0 < len(key) <= MAX_KEY_LENGTH:
        raise Invalid(
            "Der Idempotency-Key ist ungültig.",
            FieldProblem("", f"„Idempotency-Key“ hat 1 bis {MAX_KEY_LENGTH} Zeichen."),
        )
    return key


def _matches(header: str | None, etag: str) -> bool:
    if header is None:
        return False
    # Proxies that compress on the way mark our strong validators as weak.
    wanted = [part.strip().removeprefix("W/") for part in header.split(",")]
    return "*" in wanted or etag in wanted


CallDep = Annotated[Call, Depends(call_of)]
