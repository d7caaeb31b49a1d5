"""`eakte demo`: the whole main job, step by step, then the service to look around in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from api.demo import caseworker, city, matrix, outcomes, post_office, specialist_system
from api.demo.board import Board, DemoFailed
from api.demo.callers import Caller, token_for
from api.demo.folder import DEFAULT_FOLDER, clean_folder, note
from api.demo.server import Server, start_server
from eakte.errors import EakteError


def run_demo(*, port: int, once: bool) -> int:
    """Show the main job on a sample city, then keep serving.

    Everything lies in EAKTE_DATA_DIR, or in ./demo-data; each run starts clean.

    Args:
        port: Where to serve; the next free one when it is taken.
        once: Stop after the job instead of serving.

    Returns:
        Exit code: 0 when every outcome was as promised, else 1.
    """
    console = Console(width=None if sys.stdout.isatty() else 140)
    board = Board(console)
    folder = Path(os.environ.get("EAKTE_DATA_DIR") or DEFAULT_FOLDER).absolute()
    for number in (signal.SIGTERM, signal.SIGHUP):  # ending us must end the server, too
        signal.signal(number, lambda *_: _interrupt())
    try:
        with clean_folder(folder) as mark:
            return _show(board, folder, mark, port=port, once=once)
    except EakteError as error:
        console.print(f"[red]Fehler:[/] {error}", highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("Abgebrochen.")
        return 1


def _show(board: Board, folder: Path, mark: int, *, port: int, once: bool) -> int:
    board.console.rule("eAkte: Vorführung an der Musterstadt")
    failure: str | None = None
    with ExitStack() as running:
        try:
            with board.step("Musterstadt wird eingerichtet") as step:
                changes, tokens = city.set_up(folder)
                step.tell(f"Einheiten, Personen, Aktenplan, Rechte, Vorlagen: {changes} Änderungen")
            with board.step("Der Dienst startet") as step:
                server = start_server(folder, port=port, keeps_open=(mark,))
                running.callback(server.stop)
                note(mark, f"{server.address}, Prozess {server.process.pid}")
                server.wait_until_ready()
                step.tell(server.address)
            _walk_through(board, running, server, tokens)
            if once:
                _stop(board, server)
            _check(board, folder)
        except DemoFailed as error:
            failure = str(error)
        board.show_table()
        board.show_verdict(failure)
        if not once and failure is None:
            _keep_serving(board.console, server, folder)
    return 1 if board.deviations or failure is not None else 0


def _walk_through(board: Board, running: ExitStack, server: Server, tokens: dict[str, str]) -> None:
    """The main job, over HTTP only."""
    address = server.address

    def caller(token: str) -> Caller:
        speaker = Caller(address, token)
        running.callback(speaker.close)
        return speaker

    system = caller(token_for(address, specialist_system.SYSTEM, city.PASSWORD))
    station = caller(token_for(address, post_office.STATION, city.PASSWORD))
    anna, paul, joerg, gerda = (caller(tokens[name]) for name in city.SPEAKERS)

    case_files = specialist_system.open_case_files(board, system)
    specialist_system.attach_payslips(board, system, case_files)
    matrix.check_sections(board, system, anna, gerda, case_files[0])
    letters = caseworker.send_letters(board, anna, case_files)
    stack = post_office.scan_answers(board, letters)
    batch, taken_at = post_office.deliver(board, station, stack)
    delivered = post_office.watch(board, station, {"filed": anna, "inbox": paul}, batch, taken_at)
    outcomes.check_filing(board, anna, delivered, letters)
    outcomes.check_inbox(board, paul, joerg, delivered)
    outcomes.check_search(board, anna, paul, delivered, letters)
    outcomes.check_searchable_pdf(board, anna, delivered, letters)
    outcomes.check_rights(board, joerg, delivered, letters)


def _stop(board: Board, server: Server) -> None:
    with board.step("Der Dienst endet") as step:
        code = server.stop()
        board.expect(code == 0, f"Der Dienst endet geordnet (Exit-Code {code}; {server.log})")
        step.tell("auf SIGTERM, geordnet")


def _check(board: Board, folder: Path) -> None:
    with board.step("eakte check: Protokollkette, Dateien und Verweise") as step:
        command = [sys.executable, "-m", "api.command_line", "check"]
        environment = city.environment_in(folder, os.environ)
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        board.expect(done.returncode == 0, f"eakte check findet keinen Fehler:\n{done.stdout}{done.stderr}")
        step.tell(done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "keine Ausgabe")


def _keep_serving(console: Console, server: Server, folder: Path) -> None:
    logins = Table(title=f"Anmelden unter {server.address}", title_style="bold")
    for heading in ("Name", "Passwort", "Wer das ist"):
        logins.add_column(heading)
    for name, who in city.LOGINS.items():
        logins.add_row(name, city.PASSWORD, who)
    console.print(logins)
    console.print(f"API: {server.address}/api/v1/openapi.json; Fachverfahren km-personal, Geheimnis {city.PASSWORD}")
    console.print(f"Alles liegt in {folder}. Strg-C beendet die Vorführung.", highlight=False)
    try:
        while server.process.poll() is None:
            time.sleep(0.5)
    except KeyboardInterrupt:
        console.print("Der Dienst endet …")
    else:
        console.print(f"[red]Der Dienst ist beendet.[/] Das Ende von {server.log}:\n{server.last_lines()}")


def _interrupt() -> None:
    raise KeyboardInterrupt
