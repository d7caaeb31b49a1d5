"""What went wrong, told as problem details (RFC 9457) by the API. The one map from kinds of errors to statuses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.field_problems import field_problems
from eakte import errors
from eakte.sign_in import TokenInvalid

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """One wrong field."""

    pointer: str = Field(description="JSON pointer into the request", examples=["/parties/0/name"])
    detail: str = Field(description="What is wrong and what would be right")


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["Nicht gefunden."])
    errors: list[FieldError] = Field(default_factory=list, description="The fields at fault, if any")


class PreconditionFailed(errors.EakteError):
    """The thing changed since the caller last read it (412)."""


class PreconditionRequired(errors.EakteError):
    """A change without `If-Match` (428)."""


class TooLarge(errors.EakteError):
    """More bytes than one request may bring (413)."""


class UnsupportedContent(errors.EakteError):
    """A body in another form than the call takes (415)."""


class RangeNotSatisfiable(errors.EakteError):
    """A byte range outside the content (416).

    Args:
        size_bytes: How much there is.
    """

    def __init__(self, size_bytes: int) -> None:
        super().__init__(f"Die Datei hat nur {size_bytes} Byte.")
        self.size_bytes = size_bytes


class BadRequest(errors.EakteError):
    """Headers that make no sense (400)."""


class TusVersionUnknown(errors.EakteError):
    """A version of tus that is not spoken here (412)."""


class ChecksumMismatch(errors.EakteError):
    """A part of an upload that is not what its checksum says (460, of tus 1.0)."""


class ClientRefused(errors.EakteError):
    """Client credentials that are not good (401)."""

    oauth_code = "invalid_client"


class GrantTypeUnknown(errors.EakteError):
    """A way to a token that we do not have (400)."""

    oauth_code = "unsupported_grant_type"


STATUSES: Mapping[type[errors.EakteError], tuple[int, str]] = {
    TokenInvalid: (401, "Unauthorized"),
    ClientRefused: (401, "Unauthorized"),
    GrantTypeUnknown: (400, "Bad Request"),
    BadRequest: (400, "Bad Request"),
    errors.NotPermitted: (403, "Forbidden"),
    errors.NotFound: (404, "Not Found"),
    errors.Conflict: (409, "Conflict"),
    PreconditionFailed: (412, "Precondition Failed"),
    TusVersionUnknown: (412, "Precondition Failed"),
    TooLarge: (413, "Content Too Large"),
    UnsupportedContent: (415, "Unsupported Media Type"),
    RangeNotSatisfiable: (416, "Range Not Satisfiable"),
    errors.Invalid: (422, "Unprocessable Content"),
    PreconditionRequired: (428, "Precondition Required"),
    ChecksumMismatch: (460, "Checksum Mismatch"),
    errors.Unavailable: (503, "Service Unavailable"),
    errors.Damaged: (500, "Internal Server Error"),
}


def status_of(error: errors.EakteError) -> tuple[int, str]:
    """HTTP status and its name for an error."""
    for kind, status in STATUSES.items():
        if isinstance(error, kind):
            return status
    return 500, "Internal Server Error"


def problem(
    status: int, title: str, detail: str, fields: list[dict[str, str]] | None = None, oauth_code: str | None = None
) -> JSONResponse:
    """An answer that tells what went wrong.

    Args:
        oauth_code: For OAuth libraries, which look for it (RFC 6749, section 5.2).
    """
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if fields:
        body["errors"] = fields
    if oauth_code is not None:
        body["error"] = oauth_code
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="eakte"'
    if status == 503:
        headers["Retry-After"] = "5"
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI descriptions of the problems a call can answer; 401 and 422 belong to every call."""
    return described({401, 422, *statuses})


def described(statuses: set[int]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI descriptions of exactly these problems."""
    names = dict(STATUSES.values())
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": names[status], "content": content} for status in sorted(statuses)}


def of_error(error: errors.EakteError) -> Response:
    """The problem for one of our own errors."""
    status, title = status_of(error)
    if status >= 500:
        log.error("%s: %s", type(error).__name__, error, exc_info=error)
    fields = [{"pointer": field.pointer, "detail": field.detail} for field in getattr(error, "fields", ())]
    answer = problem(status, title, str(error), fields, getattr(error, "oauth_code", None))
    if isinstance(error, RangeNotSatisfiable):
        answer.headers["Content-Range"] = f"bytes */{error.size_bytes}"
    return answer


def of_validation(error: RequestValidationError) -> Response:
    """The problem for a request that does not fit its schema; an id that can be none is a 404."""
    faults = error.errors()
    if any(fault["loc"][:1] == ("path",) and fault["type"] in _NO_SUCH_THING for fault in faults):
        return of_error(errors.NotFound())
    if any(fault["type"] == "json_invalid" for fault in faults):
        return problem(422, "Unprocessable Content", "Der Körper der Anfrage ist kein gültiges JSON.")
    fields: list[errors.FieldProblem] = []
    for fault in faults:
        place, *steps = fault["loc"]
        inside = error.body if place == "body" else None
        fields += field_problems([{**fault, "loc": tuple(steps)}], body=inside)
    told = [{"pointer": field.pointer, "detail": field.detail} for field in dict.fromkeys(fields)]
    return problem(422, "Unprocessable Content", "Die Anfrage passt nicht zu ihrer Beschreibung.", told)


_NO_SUCH_THING = frozenset({"uuid_parsing", "int_parsing", "int_parsing_size", "greater_than_equal", "less_than_equal"})


def of_http(error: HTTPException) -> Response:
    """The problem for what the framework itself refuses (unknown path, method)."""
    if error.status_code == 404:
        return of_error(errors.NotFound())
    title = HTTPStatus(error.status_code).phrase
    answer = problem(error.status_code, title, _IN_GERMAN.get(error.status_code, str(error.detail)))
    answer.headers.update(error.headers or {})
    return answer


_IN_GERMAN = {
    400: "Die Anfrage ist nicht lesbar.",
    405: "Diese Methode gibt es an dieser Adresse nicht.",
}


def is_page(request: Request) -> bool:
    """Whether a person's browser asks, and wants a page instead of JSON."""
    return not request.url.path.startswith(("/api/", "/healthz", "/readyz", "/metrics"))


def tell_problems(app: FastAPI, page_for: Any, note_refusal: Callable[[Request, errors.EakteError], None]) -> None:
    """Answer errors as problem details, or through `page_for(request, status, title, detail)` as a page.

    Args:
        note_refusal: Lets a refusal enter the audit trail before it is answered.
    """

    async def on_error(request: Request, error: Exception) -> Response:
        if isinstance(error, errors.EakteError):
            try:
                await run_in_threadpool(note_refusal, request, error)
            except errors.Unavailable as unavailable:  # what cannot enter the trail is not answered either
                error = unavailable
            answer = of_error(error)
        elif isinstance(error, RequestValidationError):
            answer = of_validation(error)
        elif isinstance(error, HTTPException):
            answer = of_http(error)
        else:
            log.error("unexpected error in request %s", request.state.request_id, exc_info=error)
            answer = problem(500, "Internal Server Error", "Unerwarteter Fehler; er wurde vermerkt.")
        answer.headers.update(getattr(request.state, "headers_of_refusals", {}))
        if is_page(request):
            page: Response = page_for(request, error, answer.status_code)
            return page
        return answer

    for kind in (errors.EakteError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, on_error)
