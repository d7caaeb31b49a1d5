"""Builds the application: the one place where routes, pages and parts come together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from api import operations
from api.denials import Denials, note_denial
from api.description import TAGS, completed
from api.envelope import Envelope
from api.pages.routes import mount_static, page_for, pages_router
from api.problems import tell_problems
from api.rest import (
    access,
    case_files,
    cover_sheets,
    documents,
    filing_plan,
    finding,
    identity,
    letters,
    paper,
    paper_originals,
    quarantine,
    rearranging,
    receipt,
    rights,
    stations,
    transfer_notes,
    uploads,
)
from api.service import Service

PREFIX = "/api/v1"
DESCRIPTION = """
Case files (Akten), documents, letters with return codes, scanned paper and search.

* **Sign in** with `POST /oauth/token` (client credentials) or `eakte token NAME`; send `Authorization: Bearer …`.
* **Repeat safely**: every POST takes an `Idempotency-Key`; opening a case file is a PUT under your own id.
* **What you may not know of does not exist**: 404, the same as for what is not there. Known but not permitted: 403.
* **Errors** are problem details (RFC 9457) with `errors[]` naming the fields.
* **Lists** come in pages: pass `next_cursor` back as `cursor` until it is null.
"""


def build_application(service: Service) -> FastAPI:
    """Put the application together around the parts of this process."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        try:
            app.state.denials.close()
        finally:
            service.close()

    app = _Application(
        title="eAkte",
        version="1",
        description=DESCRIPTION,
        openapi_tags=TAGS,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=life,
    )
    app.state.service = service
    app.state.denials = Denials(lambda: service.database)
    app.router.routes.extend(_routes())
    mount_static(app)
    tell_problems(app, page_for, note_denial)
    return app


@cache
def _routes() -> list[BaseRoute]:
    """All calls and pages, put together once a process.

    FastAPI works out what every call takes and gives wherever a router is included, and looks through routers within
    routers again and again: so every router is included once, and none within another.
    """
    calls = APIRouter()
    for module in (
        identity,
        filing_plan,
        case_files,
        documents,
        uploads,
        letters,
        paper,
        stations,
        quarantine,
        receipt,
        paper_originals,
        rearranging,
        cover_sheets,
        transfer_notes,
        finding,
        rights,
        access,
    ):
        calls.routes.extend(module.router.routes)
    everything = APIRouter(generate_unique_id_function=lambda route: route.name)
    everything.include_router(calls, prefix=PREFIX)
    everything.include_router(operations.router)
    everything.include_router(pages_router, include_in_schema=False)
    return everything.routes


class _Application(FastAPI):
    def build_middleware_stack(self) -> ASGIApp:
        return Envelope(super().build_middleware_stack())

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = completed(super().openapi())
        return self.openapi_schema
