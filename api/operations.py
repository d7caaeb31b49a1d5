"""For operations, at the root and without a token: is it alive, is it ready, how is it doing."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, Field
from sqlmodel import select

from api.calls import service_of
from api.service import Service
from eakte import installation, quarantine
from eakte.errors import EakteError, ScannerAway
from eakte.jobs import JobStatus, count_jobs

router = APIRouter(tags=["Betrieb"])


class HealthOut(BaseModel):
    """A process that answers."""

    status: Literal["ok"]


class ReadyOut(BaseModel):
    """Which parts can be reached."""

    status: Literal["ok", "waiting", "unavailable"] = Field(
        description="`waiting`: takes everything in, but the virus scanner does not answer, and what is to be scanned "
        "waits for it"
    )
    checks: dict[str, str] = Field(
        description="`ok`, or what is wrong", examples=[{"database": "ok", "blobs": "ok", "index": "ok"}]
    )


@router.get("/healthz", response_model=HealthOut, summary="Alive?")
def alive() -> Response:
    """Answer as long as the process lives."""
    return JSONResponse({"status": "ok"})


@router.get(
    "/readyz",
    response_model=ReadyOut,
    responses={503: {"model": ReadyOut, "description": "Something cannot be reached"}},
    summary="Ready?",
)
def ready(request: Request) -> Response:
    """Answer 200 when records, bytes and full text can be reached; else 503 naming what cannot."""
    service = service_of(request)
    checks: dict[str, str] = {}
    for name, check in {
        "database": lambda: _reach_database(service),
        "blobs": lambda: service.blobs.exists("0" * 64),
        "index": service.index.count,
    }.items():
        try:
            check()
            checks[name] = "ok"
        except (EakteError, OSError) as error:
            checks[name] = str(error)
    ok = all(state == "ok" for state in checks.values())
    scanner = _state_of_scanner(service) if ok else None
    if scanner is not None:
        checks["virus_scanner"] = scanner
    status = "unavailable" if not ok else "ok" if scanner in (None, "ok") else "waiting"
    return JSONResponse({"status": status, "checks": checks}, 200 if ok else 503)


def _state_of_scanner(service: Service) -> str | None:
    """`ok`, or what is wrong; None where files are not scanned."""
    with service.database.reading() as session:
        if installation.scanning_since(session) is None:
            return None
    if service.scanner is None:
        return "Hier ist kein Virenscanner eingestellt (EAKTE_CLAMD); die Installation verlangt einen."
    try:
        service.scanner.greet()
    except ScannerAway as error:
        return str(error)
    return "ok"


def _reach_database(service: Service) -> None:
    with service.database.reading() as session:
        session.exec(select(1)).one()


@router.get("/metrics", response_class=PlainTextResponse, summary="Figures")
def metrics(request: Request) -> Response:
    """Tell the figures of queue, quarantine and virus scanner in the text format of Prometheus."""
    with service_of(request).database.reading() as session:
        counted = count_jobs(session)
        held = quarantine.counted(session)
    lines = ["# HELP eakte_jobs Ordered work by kind and state.", "# TYPE eakte_jobs gauge"]
    lines += [f'eakte_jobs{{kind="{kind.value}",state="{status.value}"}} {count}' for kind, status, count in counted]
    failed = sum(count for _, status, count in counted if status is JobStatus.FAILED)
    lines += ["# HELP eakte_jobs_failed Work that failed for good.", "# TYPE eakte_jobs_failed gauge"]
    lines.append(f"eakte_jobs_failed {failed}")
    lines += ["# HELP eakte_quarantined Files held back by cause.", "# TYPE eakte_quarantined gauge"]
    lines += [f'eakte_quarantined{{cause="{cause.value}"}} {count}' for cause, count in held]
    scanner = _state_of_scanner(service_of(request))
    if scanner is not None:
        lines += [
            "# HELP eakte_virus_scanner_up Whether the virus scanner answers.",
            "# TYPE eakte_virus_scanner_up gauge",
        ]
        lines.append(f"eakte_virus_scanner_up {int(scanner == 'ok')}")
    return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")
