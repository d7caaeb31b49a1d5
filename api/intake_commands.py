"""Commands that bring things in: from files, from a scanner's folder, from a specialist system's, from a mailbox."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated

import typer

from api.terminal import log_to_stderr, open_service, say, until_told_to_stop


def ingest(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="PDF, TIFF, JPEG oder PNG")],
    station: Annotated[str, typer.Option(help="Scanstation, in deren Namen abgegeben wird")],
    batch_id: Annotated[str, typer.Option(help="Nummer des Stapels; voreingestellt aus dem Inhalt")] = "",
) -> None:
    """Gibt Dateien als Scanstapel ab und bearbeitet ihn; dieselben Dateien noch einmal ergeben nichts Neues."""
    from api.ingest import ingest_files

    with open_service() as service:
        for line in ingest_files(service, files, station=station, batch_id=batch_id):
            say(line)


def watch(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Ordner, in den der Scanner schreibt")],
    station: Annotated[str, typer.Option(help="Scanstation, in deren Namen abgegeben wird")],
    operator: Annotated[
        str, typer.Option(help="Wer scannt, wenn keine Begleitdatei es sagt; auch ein Kürzel")
    ] = "watch",
    once: Annotated[bool, typer.Option("--once", help="Nur abholen, was jetzt fertig daliegt")] = False,
    delete: Annotated[bool, typer.Option("--delete", help="Abgeholtes löschen, statt es in .done aufzuheben")] = False,
    needs_sidecar: Annotated[
        bool, typer.Option("--needs-sidecar", help="Auf die Begleitdatei jedes Scans warten")
    ] = False,
    interval: Annotated[float, typer.Option(min=0.1, help="Sekunden zwischen zwei Blicken in den Ordner")] = 2.0,
    settle: Annotated[float, typer.Option(min=0.0, help="So viele Sekunden muss eine Datei unverändert sein")] = 5.0,
) -> None:
    """Holt ab, was ein Scanner in einen Ordner legt; Unterordner heißen wie Scanprofile. Läuft, bis er beendet wird."""
    from api import watch as watching
    from api.folders_at_rest import Rounds

    log_to_stderr()
    stopping = until_told_to_stop()
    signal.signal(signal.SIGIO, signal.SIG_IGN)  # comes when somebody opens a file in the moment we ask about it
    with open_service() as service:
        in_order = watching.watch(
            service,
            folder,
            Rounds(once, interval, settle, stopping, say),
            station=station,
            operator=operator,
            delete=delete,
            needs_sidecar=needs_sidecar,
        )
    if not in_order:
        raise typer.Exit(1)


def drop(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Ordner, in den das Fachverfahren schreibt")
    ],
    system: Annotated[str, typer.Option(help="Fachverfahren, mit dessen Rechten abgelegt wird")],
    mapping: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Was die Spalten bedeuten; sonst DIR/drop.yaml")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Nur abholen, was jetzt fertig daliegt")] = False,
    delete: Annotated[bool, typer.Option("--delete", help="Abgelegtes löschen, statt es in .done aufzuheben")] = False,
    interval: Annotated[float, typer.Option(min=0.1, help="Sekunden zwischen zwei Blicken in den Ordner")] = 10.0,
    settle: Annotated[float, typer.Option(min=0.0, help="So viele Sekunden muss eine Datei unverändert sein")] = 5.0,
    patience: Annotated[
        float, typer.Option(min=0.0, help="So viele Minuten wartet eine Indexdatei auf Dateien, die sie nennt")
    ] = 60.0,
) -> None:
    """Legt ab, was ein Fachverfahren mit einer Indexdatei in einen Ordner legt. Läuft, bis er beendet wird."""
    from api import drop as dropping
    from api.drop_mapping import MAPPING, DropMapping, read_mapping
    from api.folders_at_rest import Rounds

    log_to_stderr()
    stopping = until_told_to_stop()
    signal.signal(signal.SIGIO, signal.SIG_IGN)  # comes when somebody opens a file in the moment we ask about it
    beside = folder / MAPPING
    path = beside if mapping is None and beside.is_file() else mapping
    with open_service() as service:
        in_order = dropping.drop(
            service,
            folder,
            Rounds(once, interval, settle, stopping, say),
            DropMapping() if path is None else read_mapping(path),
            system=system,
            delete=delete,
            patience_s=patience * 60,
        )
    if not in_order:
        raise typer.Exit(1)


def mail(
    once: Annotated[bool, typer.Option("--once", help="Nur abholen, was jetzt daliegt")] = False,
    interval: Annotated[float, typer.Option(min=1.0, help="Sekunden zwischen zwei Blicken ins Postfach")] = 60.0,
) -> None:
    """Holt E-Mails aus dem Postfach, das mit EAKTE_MAIL__… eingestellt ist. Läuft, bis er beendet wird."""
    from api.mail import empty_mailbox

    log_to_stderr()
    stopping = until_told_to_stop()
    with open_service() as service:
        in_order = empty_mailbox(service, once=once, interval_s=interval, stopping=stopping, say=say)
    if not in_order:
        raise typer.Exit(1)
