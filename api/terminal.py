"""What every command needs: the parts of this process, and words for whoever sits before the terminal."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from sqlalchemy.exc import ArgumentError

from api.service import Service
from eakte.errors import EakteError
from eakte.settings import Settings

out = Console()
err = Console(stderr=True)
OPERATOR = "command-line"
"""Who acts in the audit trail when somebody works on the machine itself."""


@contextmanager
def open_service() -> Iterator[Service]:
    """The parts of this process, with database and templates up to date; errors end in exit code 1."""
    with told():
        service = Service(Settings())
        try:
            service.prepare()
            yield service
        finally:
            service.close()


@contextmanager
def told() -> Iterator[None]:
    """What goes wrong is told on standard error, without a traceback where somebody on the machine can mend it."""
    try:
        yield
    except EakteError as error:
        fail(str(error), *(f"{field.pointer}: {field.detail}" for field in getattr(error, "fields", ())), cause=error)
    except ValidationError as error:
        names = ["EAKTE_" + "__".join(str(step) for step in fault["loc"]).upper() for fault in error.errors()]
        faults = [f"{name}: {fault['msg']}" for name, fault in zip(names, error.errors(), strict=True)]
        fail("Die Einstellungen sind so nicht möglich; bitte die Umgebungsvariablen ändern.", *faults, cause=error)
    except ArgumentError as error:
        fail("EAKTE_DATABASE__URL ist keine Adresse einer Datenbank.", cause=error)
    except OSError as error:
        fail(f"{error.filename or 'Betriebssystem'}: {error.strerror or error}", cause=error)


def fail(message: str, *details: str, cause: Exception) -> NoReturn:
    """Tell what went wrong on standard error and end with exit code 1."""
    say(f"Fehler: {message}", to=err)
    for detail in details:
        say(f"  {detail}", to=err)
    raise typer.Exit(1) from cause


def say(line: str, *, to: Console = out) -> None:
    """One line, as it is: names may look like markup, and whoever reads on must not find it broken in two."""
    to.print(line, highlight=False, markup=False, soft_wrap=True)


def log_to_stderr() -> None:
    """What our own parts note goes to standard error; of others only warnings."""
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr
    )
    for part in ("api", "eakte", "storage", "ocr"):
        logging.getLogger(part).setLevel(logging.INFO)


def until_told_to_stop() -> threading.Event:
    """Set once somebody ends this process in good order (SIGTERM, Ctrl-C)."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping
