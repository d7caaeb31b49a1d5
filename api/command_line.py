"""The command line: the same words as everywhere else. Exit codes: 0 done, 1 refused or failed, 2 wrong usage."""

from __future__ import annotations

import socket
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from api import intake_commands, queue_commands
from api.progress import progress_bar
from api.terminal import OPERATOR, err, log_to_stderr, open_service, say, until_told_to_stop
from eakte.errors import Invalid

app = typer.Typer(
    help="eAkte: Akten, Schreiben und gescannte Post. Alles liegt unter EAKTE_DATA_DIR.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Adresse, auf der gehorcht wird")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port")] = 8000,
    workers: Annotated[bool, typer.Option(help="Auch die Aufträge bearbeiten, in eigenen Prozessen")] = True,
    channel: Annotated[int, typer.Option(hidden=True)] = -1,
) -> None:
    """Startet den Dienst: API, Seiten und (voreingestellt) die Bearbeitung der Aufträge."""
    from api import supervisor  # the web server is only needed here

    log_to_stderr()
    if channel >= 0:
        with open_service() as service:
            supervisor.serve_beside(service, socket.socket(fileno=channel))
        return
    with open_service() as service:
        listener = supervisor.listen(host, port)
        say(f"eAkte läuft unter http://{host}:{port}", to=err)
        supervisor.serve(service, listener, with_workers=workers)


@app.command()
def worker(
    role: Annotated[str, typer.Option(help="all, clerk (ablegen, indexieren) oder reader (erkennen)")] = "all",
    parent: Annotated[int, typer.Option(hidden=True)] = 0,
) -> None:
    """Bearbeitet Aufträge, bis er beendet wird; beliebig viele nebeneinander."""
    from api import worker as working

    roles = {"all": working.EVERYTHING, "clerk": working.CLERK, "reader": working.READER}
    if role not in roles:
        raise typer.BadParameter("all, clerk oder reader", param_hint="--role")
    log_to_stderr()
    stopping = until_told_to_stop()
    if parent:
        _stop_with_parent(parent, stopping)
    with open_service() as service:
        working.work(service, roles[role], stopping)


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="organisation.yaml")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Nur zeigen, was sich ändern würde")] = False,
) -> None:
    """Richtet Organisation, Aktenplan, Rechte und Vorlagen ein; wiederholbar, zeigt jede Änderung."""
    from eakte.apply import apply_organisation

    with open_service() as service, service.database.writing() as session:
        changes = apply_organisation(
            session,
            service.blobs,
            source=_text_of(file),
            folder=file.parent,
            actor_id=OPERATOR,
            dry_run=dry_run,
        )
        if dry_run:
            session.rollback()
        for change in changes:
            sign = {"added": "+", "changed": "~", "removed": "-", "gained": ">", "lost": "<"}[change.action]
            say(f"{sign} {change.what}")
        count = sum(change.action not in ("gained", "lost") for change in changes)
        say("Keine Änderung." if not count else f"{count} Änderungen{' (nur gezeigt)' if dry_run else ''}.")


@app.command()
def password(
    name: Annotated[str, typer.Argument(help="Name einer Person, eines Fachverfahrens oder einer Station")],
    stdin: Annotated[bool, typer.Option("--stdin", help="Von der Standardeingabe lesen")] = False,
) -> None:
    """Setzt das Passwort einer Person oder das Geheimnis eines Fachverfahrens oder einer Station."""
    from eakte.sign_in import set_secret

    secret = (
        sys.stdin.readline().rstrip("\r\n")
        if stdin
        else typer.prompt("Neues Passwort", hide_input=True, confirmation_prompt="Wiederholen")
    )
    with open_service() as service, service.database.writing() as session:
        set_secret(session, name, secret, OPERATOR)
    say(f"Das Passwort von {name} ist gesetzt.")


@app.command()
def token(name: Annotated[str, typer.Argument(help="Name eines Fachverfahrens oder einer Station")]) -> None:
    """Gibt ein Bearer-Token aus, 24 Stunden gültig; für Personen nur mit EAKTE_DEMO=1."""
    from eakte.errors import NotPermitted
    from eakte.principals import Principal, PrincipalKind
    from eakte.sign_in import issue_token

    with open_service() as service, service.database.writing() as session:
        principal = session.get(Principal, name)
        if principal is not None and principal.kind is PrincipalKind.PERSON and not service.settings.demo:
            raise NotPermitted("Tokens für Personen gibt es nur in der Vorführung (EAKTE_DEMO=1).")
        text, _ = issue_token(session, name, lifetime=timedelta(hours=24), issued_by=OPERATOR)
    typer.echo(text)


for bring_in in (intake_commands.ingest, intake_commands.watch, intake_commands.drop, intake_commands.mail):
    app.command()(bring_in)


@app.command()
def reindex() -> None:
    """Baut den Volltextindex aus Datensätzen neu auf; gesucht werden kann währenddessen im alten."""
    from eakte import indexing, jobs

    with open_service() as service:
        with service.database.reading() as session:
            total = indexing.count_everything(session)
        with progress_bar("Volltext", total) as advance:
            count = service.index.rebuild(advance.over(indexing.everything(service.database)))
        with service.database.writing() as session:
            jobs.forget_failed_indexing(session)
        say(f"{count} Einträge im Volltextindex.")


@app.command()
def check() -> None:
    """Prüft Protokollkette, Dateien und ihre Verweise; ändert nichts. Exit-Code 1, wenn etwas fehlt."""
    from eakte.checking import check_everything, count_work

    with open_service() as service:
        with service.database.reading() as session:
            total = count_work(session)
        faults = 0
        with progress_bar("Prüfung", total) as advance:
            for finding in check_everything(service.database, service.blobs, step=advance.step):
                faults += finding.is_fault
                say(f"{'FEHLER' if finding.is_fault else 'Hinweis'}: {finding.text}")
        if faults:
            say(f"{faults} Fehler gefunden.")
            raise typer.Exit(1)
        say("Alles in Ordnung.")


@app.command()
def explain(
    person: Annotated[str, typer.Argument(help="Name einer Person oder eines Fachverfahrens; - für alle")],
    thing: Annotated[str, typer.Argument(help="Aktenzeichen, Kennzeichen, Kennung oder etwa plan:11.20/Krankheit")],
) -> None:
    """Erklärt, wer was darf und warum: alle Rechte mit ihrer Herkunft, oder was sie nimmt."""
    from api.explanation_lines import explanation_lines, reader_lines
    from eakte import explaining, nodes
    from eakte.errors import NotFound

    with open_service() as service, service.database.reading() as session:
        try:
            node = nodes.parse(session, thing)
        except NotFound as error:
            raise NotFound(f"„{thing}“ gibt es nicht; bitte Aktenzeichen, Kennzeichen oder Kennung prüfen.") from error
        if person == "-":
            say(nodes.in_words(session, node))
            lines = reader_lines(explaining.readers_of(session, node))
        else:
            lines = explanation_lines(explaining.explanation_of(session, person, node))
        for line in lines:
            say(line)


app.command("batches")(queue_commands.batches)
app.add_typer(queue_commands.queue_app, name="queue")
app.add_typer(queue_commands.quarantine_app, name="quarantine", no_args_is_help=True)
app.command("jobs", hidden=True)(queue_commands.list_jobs)


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Nach dem Durchlauf beenden, laut scheitern bei Abweichung")
    ] = False,
    port: Annotated[int, typer.Option(help="Port")] = 8000,
) -> None:
    """Führt den ganzen Weg an einer Musterstadt vor: Schreiben, Scan, Akte, Suche."""
    from api.demo.run import run_demo

    raise typer.Exit(run_demo(port=port, once=once))


def _text_of(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"{file} ist kein UTF-8-Text; bitte als UTF-8 speichern.") from error


def _stop_with_parent(parent: int, stopping: threading.Event) -> None:
    """End when the server that started us is gone, however it went."""
    import os

    def watch() -> None:
        while not stopping.wait(1.0):
            if os.getppid() != parent:
                stopping.set()

    threading.Thread(target=watch, name="parent", daemon=True).start()


def main() -> None:
    """Entry point of `eakte`."""
    app()


if __name__ == "__main__":
    main()
