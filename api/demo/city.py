"""Musterstadt: the sample city, set up in the demo's folder as an administrator does it on the command line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from api.service import Service
from eakte import letter_templates
from eakte.apply import apply_organisation
from eakte.settings import BlobSettings, DatabaseSettings, Settings
from eakte.sign_in import issue_token, set_secret

ORGANISATION = Path(__file__).parent / "organisation.yaml"
OPERATOR = "eakte demo"
PASSWORD = "musterstadt"  # noqa: S105 # printed on the screen, for a city that does not exist

LOGINS = {
    "anna": "Personalamt: führt die Personalakten der Vorführung",
    "paul": "Poststelle: in seinem Postkorb wartet der fremde Brief",
    "gerda": "Personalamt, Eingliederungsmanagement: sieht auch das Register Krankheit",
    "joerg": "Eingliederungshilfe im Sozialraum Mitte: weiß von alledem nichts",
    "tarik": "Eingliederungshilfe im Sozialraum Nord, vertritt Jörg Weiß",
    "otto": "Gewerbestelle",
    "leyla": "Wohngeldstelle",
    "kaethe": "Amtsleitung Soziales, vom Wohngeld ausgeschlossen",
    "ursel": "Registratur im Ordnungsamt",
    "bjoern": "in zwei Einheiten: Bürgeramt und Gewerbestelle",
    "admin": "Verwaltung des Systems",
    "dsb": "Datenschutz: sieht Protokolle, keine Inhalte",
}
"""People of `organisation.yaml` and what one sees with their eyes."""

MACHINES = ("km-personal", "buergerportal", "scan-1")
"""Specialist systems and stations; their client secret is the same word."""

SPEAKERS = ("anna", "paul", "joerg", "gerda")
"""People whose part in the demo is played over the API."""


def settings_in(folder: Path) -> Settings:
    """Settings of an installation that lies in one folder and nowhere else, whatever the environment says."""
    return Settings(data_dir=folder, demo=True, database=DatabaseSettings(), blobs=BlobSettings())


def environment_in(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for commands on that installation: no other setting of `EAKTE_` reaches them."""
    kept = {name: value for name, value in environment.items() if not name.upper().startswith("EAKTE_")}
    return {**kept, "EAKTE_DATA_DIR": str(folder), "EAKTE_DEMO": "1", "PYTHONUNBUFFERED": "1"}


@contextmanager
def _service(folder: Path) -> Iterator[Service]:
    service = Service(settings_in(folder))
    try:
        service.prepare()
        yield service
    finally:
        service.close()


def set_up(folder: Path) -> tuple[int, dict[str, str]]:
    """Set the city up: units, people, filing plan, rights, letter templates, passwords.

    Returns:
        How many changes `eakte apply` made, and tokens for people by name, as `eakte token` prints them.
    """
    description = _lay_out(folder)
    with _service(folder) as service:
        with service.database.writing() as session:
            changes = apply_organisation(
                session,
                service.blobs,
                source=description.read_text("utf-8"),
                folder=description.parent,
                actor_id=OPERATOR,
            )
        with service.database.writing() as session:
            for name in (*LOGINS, *MACHINES):
                set_secret(session, name, PASSWORD, OPERATOR)
            tokens = {
                name: issue_token(session, name, lifetime=timedelta(hours=24), issued_by=OPERATOR)[0]
                for name in SPEAKERS
            }
    return len(changes), tokens


def _lay_out(folder: Path) -> Path:
    """The city's description beside its own copies of the letter templates, for the newcomer to change."""
    templates = folder / "city" / "templates"
    templates.mkdir(parents=True)
    for name in ("anhoerung.html", "einladung.html"):
        shutil.copy(letter_templates.FOLDER / name, templates)
    return Path(shutil.copy(ORGANISATION, folder / "city"))
