"""The large city as installations that can be served: one per database and size, kept in a folder and found again."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import sqlalchemy as sa
from psycopg import sql
from rich.console import Console
from sqlalchemy.engine import make_url
from sqlmodel import Session, col, select

from api.demo.server import free_port
from benchmarks import access_rows
from benchmarks.access_city import City, File
from eakte import access, actors, indexing, places, scopes
from eakte.access_tables import AccessScope, Right, ScopeAncestor
from eakte.case_file_tables import CaseFile, Proceeding
from eakte.document_tables import Document
from eakte.jobs import Job
from storage.database import Database
from storage.migration import upgrade
from storage.tantivy_index import TantivyIndex

POSTGRES = Path("tools/services/postgres.sh")
FIRST_POSTGRES_PORT = 25_400
_console = Console(stderr=True)


@dataclass(frozen=True)
class Installation:
    """A city in one database, with its index."""

    city: City
    url: str
    data_dir: Path

    @property
    def name(self) -> str:
        """Of the database's kind, and how many case files."""
        kind = "SQLite" if self.url.startswith("sqlite") else "PostgreSQL"
        return f"{kind}, {self.city.size.case_files:,}".replace(",", " ")

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The records."""
        database = Database(self.url)
        try:
            yield database
        finally:
            database.close()

    def index(self) -> TantivyIndex:
        """The full text."""
        return TantivyIndex(self.data_dir / "index" / "tantivy")


@contextmanager
def postgres_in(folder: Path, *, kept: bool) -> Iterator[str]:
    """A PostgreSQL from Debian's packages; left running when it is to be found again.

    Loaded quickly, then made to survive a power cut like a real one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / ".throw-away-postgres"
    port = mark.read_text().strip() if mark.exists() else str(free_port(FIRST_POSTGRES_PORT))
    started = subprocess.run([POSTGRES, "start", folder, port], check=True, capture_output=True, text=True)
    try:
        yield started.stdout.splitlines()[-1]
    finally:
        if kept:
            _console.print(f"PostgreSQL keeps running; to end it: {POSTGRES} stop {folder}")
        else:
            subprocess.run([POSTGRES, "stop", folder], check=True)


def make_safe(server: str, *, safe: bool) -> None:
    """Let every commit reach the disk, or not while loading."""
    with psycopg.connect(_plain(server), autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            value = sql.SQL("on" if safe else "off")
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(setting), value))
        connection.execute("SELECT pg_reload_conf()")


def prepare(city: City, folder: Path, server: str | None) -> Installation:
    """Make or find the installation of a city.

    Args:
        folder: Holds everything of this size.
        server: URL of a PostgreSQL; None for SQLite.
    """
    folder.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{folder / 'eakte.sqlite3'}"
    if server is not None:
        url = _postgres_database(server, f"eakte_{city.size.case_files}")
    installation = Installation(city, url, folder)
    with installation.database() as database:
        if not _is_filled(database, city):
            began = time.monotonic()
            upgrade(database)
            if server is not None:
                make_safe(server, safe=False)
            access_rows.write(make_url(url), city, _console.print)
            if server is not None:
                make_safe(server, safe=True)
            _console.print(f"{installation.name}: rows written in {time.monotonic() - began:.0f} s")
        check(installation, database)
    _fill_index(installation)
    return installation


def _is_filled(database: Database, city: City) -> bool:
    with database.engine.connect() as connection:
        if not sa.inspect(connection).has_table("document"):
            return False
        found = connection.execute(sa.select(sa.func.count()).select_from(CaseFile)).scalar_one()
    if found not in (0, city.size.case_files):
        raise SystemExit(f"{database.url.database} holds something else; please choose another folder.")
    return found > 0


def _postgres_database(server: str, name: str) -> str:
    with psycopg.connect(_plain(server), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _plain(server: str) -> str:
    return make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)


def _fill_index(installation: Installation) -> None:
    if (installation.data_dir / "index" / "tantivy" / "CURRENT").exists():
        return
    began = time.monotonic()
    count = installation.index().rebuild(access_rows.index_entries(installation.city))
    took_s = time.monotonic() - began
    _console.print(f"{count:,} index entries in {took_s:.0f} s, {count / took_s:,.0f} a second")


# -- is it what the real code makes? -----------------------------------------------------------------


def check(installation: Installation, database: Database, *, samples: int = 25) -> None:
    """Hold a sample of rows and entries against what the real code makes; nothing of it is kept."""
    dice, city = random.Random(11), installation.city
    with Session(database.engine) as session:
        for scope in dice.sample(city.tree.scopes[1:], samples):
            _check_scope(session, city, scope.id)
        owning = [file for file in city.files if file.proceeding is not None or file.own_document is not None]
        for file in [*dice.sample(city.files, samples), *dice.sample(owning, min(samples, len(owning)))]:
            _check_file(session, file)
        for name in dice.sample(list(city.people), samples):
            _check_person(session, city, name, dice)
        session.rollback()


def _check_scope(session: Session, city: City, scope_id: int) -> None:
    """Make the scope once more beside itself."""
    tree = city.tree
    original = session.get_one(AccessScope, scope_id)
    probe = scopes.make_scope(session, original.kind, "probe", original.parent_id, beside_id=original.beside_id)
    scopes.set_shield(session, probe, shielded=scope_id in tree.shielded)
    scopes.set_level(session, probe, tree.levels.get(scope_id, 0))
    rows = session.exec(
        select(ScopeAncestor.ancestor_id, ScopeAncestor.inherits).where(ScopeAncestor.scope_id == probe)
    )
    made = {scope_id if upper == probe else upper: inherits for upper, inherits in rows}
    assert made == tree.ancestors(scope_id), f"closure of scope {scope_id}: {made}"
    assert access.level_of(session, probe) == tree.effective_level(scope_id) == original.effective_level
    session.rollback()


def _check_file(session: Session, file: File) -> None:
    """Put the case file and everything in it in its place: nothing may move."""
    row = session.get_one(CaseFile, file.id)
    jobs_before = session.exec(select(sa.func.count()).select_from(Job)).one()
    before = dict(
        session.exec(select(Document.id, Document.access_scope_id).where(Document.case_file_id == row.id)).all()
    )
    places.arrange(session, row)
    if file.own_document is not None:
        places.document_scope(session, session.get_one(Document, list(before)[file.own_document[0]]))
    after = dict(
        session.exec(select(Document.id, Document.access_scope_id).where(Document.case_file_id == row.id)).all()
    )
    assert (row.access_scope_id, after) == (file.scope_id, before), f"case file {file.number} moved"
    assert session.exec(select(sa.func.count()).select_from(Job)).one() == jobs_before, "something is indexed anew"
    for made in access_rows.documents_of(file):
        document = session.get_one(Document, made.id)
        assert document.access_scope_id == made.scope_id
        if document.proceeding_id is not None:
            place = places.place_of(session, row, document.section, session.get_one(Proceeding, document.proceeding_id))
            assert made.scope_id == place or made.place == (file.own_document or (None,))[0]
    made_entries = access_rows.index_entries_of(file)
    documents = session.exec(select(Document).where(Document.case_file_id == file.id).order_by(col(Document.id))).all()
    found = [indexing.case_file_entry(session, row), *(indexing.document_entry(session, one) for one in documents)]
    assert found == list(made_entries), f"index entries of case file {file.number}"
    session.rollback()


def _check_person(session: Session, city: City, name: str, dice: random.Random) -> None:
    """The set of readable scopes and the single question must agree."""
    actor = actors.actor_for(session, name)
    readable = access.scopes_with(session, actor)
    near = list(readable.ids[:: len(readable.ids) // 10 + 1])
    for scope_id in [*near, *(scope.id for scope in dice.sample(city.tree.scopes, 10))]:
        may = bool(access.rights_on(session, actor, scope_id) & Right.READ)
        assert may == (scope_id in readable), f"{name} in scope {scope_id}"
