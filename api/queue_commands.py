"""Commands that show how work goes and let it be tried again: queue, quarantine, stacks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.progress import stack_bars
from api.terminal import OPERATOR, open_service, say
from eakte.errors import NotFound

if TYPE_CHECKING:
    from sqlmodel import Session

    from api.service import Service
    from eakte.actors import Actor
    from eakte.intake.progress import Counts
    from eakte.scan_tables import ScanBatch

queue_app = typer.Typer(help="Zeigt, was wartet, läuft und gescheitert ist; `retry` versucht es noch einmal.")
quarantine_app = typer.Typer(help="Dateien, die nicht gelesen werden konnten oder nicht geöffnet werden dürfen.")
LISTED = 200
FOLLOW_S = 0.5


def _operator() -> Actor:
    from eakte import actors

    return actors.whoever_holds_the_machine(OPERATOR)


# -- queue -------------------------------------------------------------------------------------------


@queue_app.callback(invoke_without_command=True)
def show_queue(context: typer.Context) -> None:
    """Zeigt, was wartet, läuft und gescheitert ist, mit dem Grund."""
    if context.invoked_subcommand is not None:
        return
    with open_service() as service, service.database.reading() as session:
        _tell_queue(session)


def list_jobs(
    retry: Annotated[bool, typer.Option("--retry", help="Gescheiterte Aufträge noch einmal versuchen")] = False,
) -> None:
    """Wie `queue` und `queue retry`, unter ihrem früheren Namen."""
    with open_service() as service, service.database.writing() as session:
        _tell_queue(session)
        if retry:
            _retry_failed(session)


def _tell_queue(session: Session) -> None:
    from eakte import jobs

    counted = jobs.count_jobs(session)
    for kind, status, count in counted:
        say(f"{count:6} {kind:18} {status}")
    for job in jobs.list_jobs(session, _operator(), limit=LISTED):
        why = f": {job.last_error}" if job.last_error else ""
        say(f"{job.status:8} {job.kind:18} {job.id} Versuch {job.attempts}{why}")
    if not counted:
        say("Nichts wartet, nichts läuft, nichts ist gescheitert.")


def _retry_failed(session: Session) -> None:
    from eakte import jobs

    say(f"{jobs.retry_failed(session)} Aufträge werden noch einmal versucht.")


@queue_app.command("retry")
def retry_queue(
    job_ids: Annotated[list[UUID] | None, typer.Argument(help="Kennungen; ohne sie alles Gescheiterte")] = None,
) -> None:
    """Versucht Gescheitertes noch einmal, oder genannte Aufträge sofort."""
    from eakte import jobs

    with open_service() as service, service.database.writing() as session:
        if job_ids:
            for job_id in job_ids:
                jobs.retry_job(session, _operator(), job_id)
            say(f"{len(job_ids)} Aufträge werden noch einmal versucht.")
        else:
            _retry_failed(session)


# -- quarantine --------------------------------------------------------------------------------------


@quarantine_app.command("list")
def list_quarantine() -> None:
    """Zeigt, was in Quarantäne ist: Kennung, Grund, Stapel, seit wann, wie oft versucht."""
    from eakte import quarantine

    with open_service() as service, service.database.reading() as session:
        rows = quarantine.list_held(session, _operator(), limit=LISTED)
        for row in rows:
            entry = row.entry
            batch = "" if row.batch is None else f" Stapel {row.batch.batch_id} ({row.batch.station_id})"
            say(f"{entry.id} {entry.cause:11} {entry.state:8} seit {_shown(entry.since)} {entry.tries}x{batch}")
            say(f"    {entry.reason}")
        if not rows:
            say("Nichts ist in Quarantäne.")


@quarantine_app.command("retry")
def retry_quarantine(entry_ids: Annotated[list[UUID], typer.Argument(help="Kennungen aus `list`")]) -> None:
    """Liest Dateien noch einmal, von Anfang an."""
    from eakte import quarantine

    with open_service() as service, service.database.writing() as session:
        for entry_id in entry_ids:
            quarantine.retry(session, _operator(), entry_id)
        say(f"{len(entry_ids)} Dateien werden noch einmal gelesen.")


@quarantine_app.command("release")
def release_quarantine(
    entry_id: Annotated[UUID, typer.Argument(help="Kennung aus `list`")],
    reason: Annotated[str, typer.Option(help="Warum sie freigegeben wird")],
) -> None:
    """Gibt eine Datei frei, wie sie ist, ohne sie zu lesen."""
    from eakte import quarantine

    with open_service() as service, service.database.writing() as session:
        quarantine.release(session, _operator(), entry_id, reason)
        say("Freigegeben.")


@quarantine_app.command("withdraw")
def withdraw_quarantine(
    entry_id: Annotated[UUID, typer.Argument(help="Kennung aus `list`")],
    reason: Annotated[str, typer.Option(help="Warum sie aussortiert wird")],
) -> None:
    """Sortiert eine Datei aus; Bytes und Grund bleiben im Nachweis."""
    from eakte import quarantine

    with open_service() as service, service.database.writing() as session:
        quarantine.withdraw(session, _operator(), entry_id, reason)
        say("Aussortiert.")


# -- stacks ------------------------------------------------------------------------------------------


def batches(
    batch: Annotated[str, typer.Argument(help="Kennung oder Nummer eines Stapels; ohne sie die neuesten")] = "",
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Nur von diesem Tag")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Dabeibleiben, bis alles fertig ist")] = False,
) -> None:
    """Zeigt, wie weit Scanstapel sind: was kam, abgelegt ist, wartet, scheiterte; nur Zahlen, keine Titel."""
    with open_service() as service:
        if follow:
            _follow(service, batch, day)
        with service.database.reading() as session:
            for line in _lines(session, batch, day):
                say(line)


def _follow(service: Service, name: str, day: datetime | None) -> None:
    """Show bars until nothing more happens by itself."""
    from eakte.intake import progress

    with stack_bars() as bars:
        while True:
            with service.database.reading() as session:
                found = _found(session, name, day)
                counts = progress.counts_of(session, found)
            for row in found:
                bars.show(str(row.id), f"{row.batch_id} {row.status}", counts[row.id])
            if all(counts[row.id].is_over(row.status) for row in found):
                return
            time.sleep(FOLLOW_S)


def _lines(session: Session, name: str, day: datetime | None) -> Sequence[str]:
    from eakte.intake import progress, receive

    found = _found(session, name, day)
    counts = progress.counts_of(session, found)
    lines = [
        f"{row.id} {row.station_id} {row.batch_id} {_shown(row.delivered_at)} {row.status}: {in_words(counts[row.id])}"
        for row in found
    ]
    if name:
        for row in found:
            for item in receive.items_of(session, row):
                pages = ", ".join(f"Datei {file + 1} Seite {page}" for file, page in item.sheets)
                lines.append(f"  {item.outcome:12} [{pages}]")
    return lines or ["Kein Stapel."]


def _found(session: Session, name: str, day: datetime | None) -> Sequence[ScanBatch]:
    from eakte.intake import receive

    found = receive.batches_called(session, _operator(), name, day=None if day is None else day.date(), limit=LISTED)
    if name and not found:
        raise NotFound(f"Den Stapel „{name}“ gibt es nicht.")
    return found


def in_words(counts: Counts) -> str:
    """Counts in one line."""
    return (
        f"{counts.files} Dateien, {counts.sheets} Blätter, {counts.documents} Dokumente: {counts.filed} abgelegt, "
        f"{counts.waiting} warten, {counts.failed} in Quarantäne, {counts.sorted_out} aussortiert, "
        f"{counts.read} gelesen"
    )


def _shown(moment: datetime) -> str:
    from eakte.clock import in_city

    return f"{in_city(moment):%Y-%m-%d %H:%M}"
