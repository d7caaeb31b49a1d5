"""The rows and index entries of the large city, written in bulk, and checked against what the real code makes."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from benchmarks.access_city import BEGAN_AT, PERSONNEL, City, File, document_id, made_id, section_of
from eakte import page_words
from eakte.fulltext.lexicon import HEADS, WORDS
from eakte.levels import Level
from eakte.person_names import name_key
from eakte.ports import IndexEntry
from eakte.references import reference_key, reference_sort
from eakte.tables import METADATA

SYSTEM = "km-personal"
KINDS = ("incoming", "outgoing", "internal")
NOUNS = tuple(word.split("/")[0].capitalize() for word in (HEADS + WORDS).split())
_WEIGHTS = tuple(itertools.accumulate(1 / rank for rank in range(1, len(NOUNS) + 1)))
_SURNAMES = ("Müller", "Yılmaz", "Schmidt", "Krämer", "Öztürk", "Weiß", "Nowak", "Jansen", "Vogt", "Brandt")
_NO_WORDS = page_words.pack(())

Row = Sequence[Any]
Table = tuple[str, str, Iterable[Row]]
"""Name, columns separated by blanks, rows."""


class MadeDocument(NamedTuple):
    """A document as all its rows tell it."""

    id: UUID
    place: int
    section: str | None
    scope_id: int
    title: str
    text: str
    kind: str
    filed_at: datetime


def title_of(file: File) -> str:
    """The title of a case file."""
    return f"{NOUNS[file.number % len(NOUNS)]} {NOUNS[file.number * 7 % len(NOUNS)]} {file.number}"


def reference_of(file: File) -> str:
    """Its reference."""
    return f"{file.code}/{file.created_at.year}/{file.number:06}"


def _party_of(file: File) -> str:
    return file.party_of or f"Vorname{file.number % 977} {_SURNAMES[file.number % len(_SURNAMES)]}"


def documents_of(file: File) -> Iterator[MadeDocument]:
    """The documents of a case file, oldest first; the same on every call."""
    dice = random.Random(file.number)
    step = (file.updated_at - file.created_at) / file.document_count
    for index in range(file.document_count):
        words = dice.choices(NOUNS, cum_weights=_WEIGHTS, k=12)
        section = section_of(tuple(file.places), index)
        scope_id = file.places[section]
        if file.own_document is not None and file.own_document[0] == index:
            scope_id = file.own_document[1]
        elif file.proceeding is not None and section is None and index % 2:
            scope_id = file.proceeding.scope_id
        yield MadeDocument(
            document_id(file.number, index, file.created_at),
            index,
            section,
            scope_id,
            " ".join(words[:3]),
            f"{words[3]} vom {file.updated_at:%d.%m.%Y} zu {' '.join(words[4:])}",
            KINDS[index % 3],
            file.created_at + index * step,
        )


def in_proceeding(file: File, made: MadeDocument) -> UUID | None:
    """The proceeding a document belongs to."""
    belongs = file.proceeding is not None and made.section is None and made.place % 2
    return file.proceeding.id if file.proceeding is not None and belongs else None


def index_entries(city: City) -> Iterator[IndexEntry]:
    """Everything that can be found."""
    return (entry for file in city.files for entry in index_entries_of(file))


def index_entries_of(file: File) -> Iterator[IndexEntry]:
    """The entries of a case file and its documents, as `eakte.indexing` makes them from the rows."""
    reference, names = reference_of(file), (_party_of(file),)
    yield IndexEntry("case_file", file.id, file.scope_id, title_of(file), (), reference, names)
    for made in documents_of(file):
        yield IndexEntry(
            "document", made.id, made.scope_id, made.title, (made.text,), reference, names, made.kind,
            made.filed_at.date(),
        )  # fmt: skip


def tables(city: City) -> Iterator[tuple[str, list[str], Iterator[Row]]]:
    """All rows, with what the tables fill in by themselves."""
    for table, columns, rows in itertools.chain(_who(city), _scopes(city), _what(city)):
        names = columns.split()
        defaults = {
            column.name: getattr(column.default.arg, "value", column.default.arg)
            for column in METADATA.tables[table].columns
            if column.name not in names and isinstance(column.default, ScalarElementColumnDefault)
        }
        filled = tuple(defaults.values())
        yield table, [*names, *defaults], ((*row, *filled) for row in rows)


def _who(city: City) -> Iterator[Table]:
    yield (
        "unit",
        "id name parent_id position",
        ((id_, f"Einheit {id_}", parent, number) for number, (id_, parent) in enumerate(city.units.items())),
    )
    ceiling = int(max(Level))
    people = [(id_, "person", id_, True, city.ceilings[id_]) for id_ in city.people]
    yield "principal", "id kind name active ceiling", [*people, (SYSTEM, "system", SYSTEM, True, ceiling)]
    yield "person", "id email name_key", ((id_, f"{id_}@example.org", name_key(id_)) for id_ in city.people)
    yield "specialist_system", "id", [(SYSTEM,)]
    yield (
        "membership",
        "person_id unit_id position",
        ((id_, unit, position) for id_, units in city.people.items() for position, unit in enumerate(units)),
    )
    yield "role_holding", "id person_id role unit_id", ((n, *row) for n, row in enumerate(city.roles, 1))
    yield (
        "combination_member",
        "combination member size",
        ((token, member, len(members)) for token, members in city.combinations.items() for member in members),
    )


def _scopes(city: City) -> Iterator[Table]:
    tree = city.tree
    yield (
        "access_scope",
        "id kind node parent_id beside_id shielded level effective_level",
        (
            (*scope, scope.id in tree.shielded, tree.levels.get(scope.id, 0), tree.effective_level(scope.id))
            for scope in tree.scopes[1:]
        ),
    )
    yield "scope_ancestor", "ancestor_id scope_id inherits", (row for row in tree.closure() if row[1] != 1)
    yield "access_grant", "id scope_id subject rights cause valid_until reason given_by given_at", (
        (
            made_id(4, number, BEGAN_AT), grant.scope_id, grant.subject, int(grant.rights), grant.cause.value,
            grant.valid_until, "", "eakte", BEGAN_AT,
        )
        for number, grant in enumerate(tree.grants)
    )  # fmt: skip
    columns = "id scope_id person_id cause allows_reading reason given_by given_at revoked_reason"
    yield (
        "access_exclusion",
        columns,
        (
            (
                made_id(5, number, BEGAN_AT),
                one.scope_id,
                one.person_id,
                one.cause.value,
                False,
                "",
                "eakte",
                BEGAN_AT,
                "",
            )
            for number, one in enumerate(tree.exclusions)
        ),
    )
    yield (
        "deputyship",
        "id person_id for_id scope_id reason applied given_by given_at",
        (
            (made_id(6, number, BEGAN_AT), *row, "", False, "eakte", BEGAN_AT)
            for number, row in enumerate(city.deputies)
        ),
    )


def _what(city: City) -> Iterator[Table]:
    columns = "code title parent_code position field_types sections break_glass four_eyes parties_may_read"
    yield "filing_plan_entry", f"{columns} access_scope_id", (
        (
            entry.code, f"Betreff {entry.code}", entry.parent, number, "{}", json.dumps(entry.sections), False, "[]",
            entry.code == PERSONNEL, entry.scope_id,
        )
        for number, entry in enumerate(city.entries.values())
    )  # fmt: skip
    columns = "id reference reference_sort reference_key filing_plan_code title fields responsible_unit_id status"
    yield "case_file", f"{columns} access_scope_id created_by created_at updated_at revision", (
        (
            file.id, reference, reference_sort(reference), reference_key(reference), file.code, title_of(file), "{}",
            file.unit, "open", file.scope_id, SYSTEM, file.created_at, file.updated_at, 1,
        )
        for file in city.files
        for reference in (reference_of(file),)
    )  # fmt: skip
    yield (
        "proceeding",
        "id case_file_id title access_scope_id created_by created_at",
        (
            (file.proceeding.id, file.id, "Vorgang", file.proceeding.scope_id, SYSTEM, file.created_at)
            for file in city.files
            if file.proceeding is not None
        ),
    )
    yield "party", "id case_file_id position role name name_key person_id protected", (
        (
            made_id(7, file.number, file.created_at), file.id, 0, "Betroffene", _party_of(file),
            name_key(_party_of(file)), file.party_of, False,
        )
        for file in city.files
    )  # fmt: skip
    columns = "id case_file_id proceeding_id section title kind document_date status access_scope_id created_by"
    yield "document", f"{columns} created_at updated_at revision", (
        (
            made.id, file.id, in_proceeding(file, made), made.section, made.title, made.kind, made.filed_at.date(),
            "ready", made.scope_id, SYSTEM, made.filed_at, made.filed_at + timedelta(minutes=1), 1,
        )
        for file, made in _documents(city)
    )  # fmt: skip
    columns = "id document_id number sha256 size_bytes media_type file_name page_count rotations created_by created_at"
    yield "document_version", columns, (
        (
            _version_id(file, made), made.id, 1, hashlib.sha256(made.id.bytes).hexdigest(), 48_000, "application/pdf",
            "brief.pdf", 1, "{}", SYSTEM, made.filed_at,
        )
        for file, made in _documents(city)
    )  # fmt: skip
    yield (
        "page",
        "version_id page_number rotation width_mm height_mm text words source confidence",
        (
            (_version_id(file, made), 1, 0, 210.0, 297.0, made.text, _NO_WORDS, "ocr", 0.95)
            for file, made in _documents(city)
        ),
    )


def _documents(city: City) -> Iterator[tuple[File, MadeDocument]]:
    return ((file, made) for file in city.files for made in documents_of(file))


def _version_id(file: File, made: MadeDocument) -> UUID:
    return made_id(8, file.number * 100 + made.place, file.created_at)


# -- writing -----------------------------------------------------------------------------------------


def write(url: URL, city: City, told: Callable[[str], None]) -> None:
    """Write everything into a migrated, empty database in one transaction, without checking references."""
    if url.get_backend_name() == "sqlite":
        _write_sqlite(str(url.database), city, told)
    else:
        _write_postgres(url, city, told)


def _write_sqlite(path: str, city: City, told: Callable[[str], None]) -> None:
    sqlite3.register_adapter(UUID, lambda value: value.hex)
    sqlite3.register_adapter(datetime, lambda value: value.strftime("%Y-%m-%d %H:%M:%S.%f"))
    sqlite3.register_adapter(date, lambda value: value.isoformat())
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-1048576")
    for table, columns, rows in tables(city):
        places = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608 # our own names
        written = connection.executemany(statement, rows).rowcount
        told(f"{table}: {written:,} rows")
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _write_postgres(url: URL, city: City, told: Callable[[str], None]) -> None:
    with psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        connection.execute("SET session_replication_role = replica")  # no reference is looked up
        for table, columns, rows in tables(city):
            names = sql.SQL(", ").join(sql.Identifier(name) for name in columns)
            copying = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
            with connection.cursor() as cursor:
                with cursor.copy(copying) as copy:
                    for row in rows:
                        copy.write_row(row)
                told(f"{table}: {cursor.rowcount:,} rows")
        for table in ("access_scope", "role_holding"):
            connection.execute(
                sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), (SELECT max(id) FROM {}))").format(
                    sql.Literal(table), sql.Identifier(table)
                )
            )
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")  # as autovacuum does it within a minute or so
