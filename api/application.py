"""Builds the application: the one place where routes, pages and parts come together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response

from api import operations
from api.pages.routes import mount_static, page_for, pages_router
from api.problems import tell_problems
from api.rest import case_files, documents, filing_plan, finding, grants, identity, letters, paper
from api.service import Service
from eakte.ids import new_id

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
        service.close()

    app = FastAPI(
        title="eAkte",
        version="1",
        description=DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=life,
    )
    app.state.service = service
    app.middleware("http")(_with_request_id)
    for module in (identity, filing_plan, case_files, documents, letters, paper, finding, grants):
        app.include_router(module.router, prefix=PREFIX)
    app.include_router(operations.router)
    app.include_router(pages_router, include_in_schema=False)
    mount_static(app)
    tell_problems(app, page_for)
    return app


async def _with_request_id(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Give each request an id that its answer, its audit events and the log share."""
    request.state.request_id = str(new_id())
    response = await call_next(request)
    response.headers["X-Request-Id"] = request.state.request_id
    return response
