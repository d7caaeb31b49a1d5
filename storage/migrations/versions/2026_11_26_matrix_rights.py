"""Rights for a matrix organisation: shields, exclusions, levels, deputies, sections with scopes of their own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from alembic import op

from eakte.columns import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KINDS = (
    "root", "filing_plan", "entry_section", "responsible", "responsible_section", "case_file", "section",
    "proceeding", "proceeding_section", "document", "inbox",
)  # fmt: skip
_CAUSES = ("sharing", "responsible", "specialist_system", "applied", "inbox", "break_glass")
_LEADING = 31
_SOON = 1


def upgrade() -> None:
    """Change the schema, and put what lies in sections under the scopes of those sections."""
    _add_columns()
    _allow_words("access_scope", "kind", _KINDS)
    _allow_words("access_grant", "cause", _CAUSES)
    _create_tables()
    _fill_name_keys()
    _Scopes().rearrange()


def _add_columns() -> None:
    """By hand: batch mode would write whole tables anew for a column."""
    no = "false" if op.get_bind().dialect.name == "postgresql" else "0"
    for table, column in (
        ("access_grant", "confirmed_by VARCHAR"),
        ("access_scope", f"shielded BOOLEAN DEFAULT {no} NOT NULL"),
        ("access_scope", f"shielded_by_file BOOLEAN DEFAULT {no} NOT NULL"),
        ("access_scope", "level INTEGER DEFAULT 0 NOT NULL"),
        ("access_scope", "effective_level INTEGER DEFAULT 0 NOT NULL"),
        ("filing_plan_entry", f"break_glass BOOLEAN DEFAULT {no} NOT NULL"),
        ("filing_plan_entry", "four_eyes JSON DEFAULT '[]' NOT NULL"),
        ("filing_plan_entry", f"parties_may_read BOOLEAN DEFAULT {no} NOT NULL"),
        ("party", "name_key VARCHAR DEFAULT '' NOT NULL"),
        ("party", "person_id VARCHAR CONSTRAINT fk_party_person_id_person REFERENCES person"),
        ("person", "birth_date DATE"),
        ("person", "name_key VARCHAR DEFAULT '' NOT NULL"),
        ("principal", "ceiling INTEGER DEFAULT 0 NOT NULL"),
        ("scope_ancestor", f"inherits BOOLEAN DEFAULT {'true' if no == 'false' else '1'} NOT NULL"),
        ("unit", f"ended BOOLEAN DEFAULT {no} NOT NULL"),
        ("unit", "merged_into_id VARCHAR CONSTRAINT fk_unit_merged_into_id_unit REFERENCES unit"),
    ):
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
    for table, name in (
        ("party", "name_key"),
        ("party", "person_id"),
        ("person", "name_key"),
        ("unit", "merged_into_id"),
    ):
        op.create_index(f"ix_{table}_{name}", table, [name])


def _allow_words(table: str, column: str, words: tuple[str, ...]) -> None:
    """Let a column of fixed words take more of them."""
    listed = ", ".join(f"'{word}'" for word in words)
    name = op.f(f"ck_{table}_{column}")
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(name, type_="check")
        batch_op.create_check_constraint(name, sa.text(f"{column} IN ({listed})"))
        if table == "access_scope":
            batch_op.add_column(sa.Column("beside_id", sa.Integer(), nullable=True))
            batch_op.create_foreign_key(
                batch_op.f("fk_access_scope_beside_id_access_scope"), "access_scope", ["beside_id"], ["id"]
            )
            batch_op.create_index(batch_op.f("ix_access_scope_beside_id"), ["beside_id"], unique=False)


def _create_tables() -> None:
    op.create_table(
        "combination_member",
        sa.Column("combination", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("combination", "member", name=op.f("pk_combination_member")),
    )
    with op.batch_alter_table("combination_member", schema=None) as batch_op:
        batch_op.create_index("ix_combination_member_member", ["member", "combination"], unique=False)

    op.create_table(
        "rights_proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("what", sa.String(length=24), nullable=False),
        sa.Column("wish", sa.JSON(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["principal.id"], name=op.f("fk_rights_proposal_asked_by_principal")),
        sa.ForeignKeyConstraint(
            ["scope_id"], ["access_scope.id"], name=op.f("fk_rights_proposal_scope_id_access_scope")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_proposal")),
    )
    with op.batch_alter_table("rights_proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rights_proposal_scope_id"), ["scope_id"], unique=False)

    op.create_table(
        "deputyship",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("for_id", sa.String(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=True),
        sa.Column("valid_from", UtcDateTime(), nullable=True),
        sa.Column("valid_until", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=True),
        sa.CheckConstraint("person_id <> for_id", name=op.f("ck_deputyship_of_somebody_else")),
        sa.CheckConstraint("valid_until > valid_from", name=op.f("ck_deputyship_ends_after_it_starts")),
        sa.ForeignKeyConstraint(["for_id"], ["person.id"], name=op.f("fk_deputyship_for_id_person")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_deputyship_person_id_person")),
        sa.ForeignKeyConstraint(["scope_id"], ["access_scope.id"], name=op.f("fk_deputyship_scope_id_access_scope")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deputyship")),
    )
    with op.batch_alter_table("deputyship", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deputyship_for_id"), ["for_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_deputyship_person_id"), ["person_id"], unique=False)

    op.create_table(
        "access_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("case_file_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("until_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.Column("seen_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_file_id"], ["case_file.id"], name=op.f("fk_access_notice_case_file_id_case_file")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_access_notice_person_id_person")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_access_notice_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_notice")),
    )
    with op.batch_alter_table("access_notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_notice_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "access_exclusion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column(
            "cause",
            sa.Enum("stated", "applied", "party", name="cause", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("allows_reading", sa.Boolean(), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=True),
        sa.Column("valid_until", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=True),
        sa.Column("revoked_reason", sa.String(), nullable=False),
        sa.CheckConstraint("valid_until > valid_from", name=op.f("ck_access_exclusion_ends_after_it_starts")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_access_exclusion_party_id_party")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_access_exclusion_person_id_person")),
        sa.ForeignKeyConstraint(
            ["scope_id"], ["access_scope.id"], name=op.f("fk_access_exclusion_scope_id_access_scope")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_exclusion")),
    )
    with op.batch_alter_table("access_exclusion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_exclusion_party_id"), ["party_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_exclusion_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_exclusion_scope_id"), ["scope_id"], unique=False)


def _fill_name_keys() -> None:
    """As `eakte.person_names` makes them now; also for the names of people, to recognise parties who work here."""
    connection = op.get_bind()
    party = sa.table("party", sa.column("id", sa.Uuid()), sa.column("name"), sa.column("name_key"))
    for id_, name in connection.execute(sa.select(party.c.id, party.c.name)).all():
        connection.execute(sa.update(party).where(party.c.id == id_).values(name_key=_name_key(name)))
    person = sa.table("person", sa.column("id"), sa.column("name_key"))
    principal = sa.table("principal", sa.column("id"), sa.column("name"), sa.column("kind"))
    people = sa.select(principal.c.id, principal.c.name).where(principal.c.kind == "person")
    for id_, name in connection.execute(people).all():
        connection.execute(sa.update(person).where(person.c.id == id_).values(name_key=_name_key(name)))


def _name_key(name: str) -> str:
    titles = {"dr", "prof", "med", "jur", "phil", "ing", "dipl", "herr", "frau", "von", "zu", "van", "de"}
    folded = unicodedata.normalize("NFC", name).casefold()
    folded = folded.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(sign))
    return " ".join(sorted(word for word in re.findall(r"[^\W\d_]+", plain) if word not in titles))


_scope = sa.table(
    "access_scope",
    sa.column("id", sa.Integer), sa.column("kind"), sa.column("node"), sa.column("parent_id"), sa.column("beside_id"),
    sa.column("shielded", sa.Boolean), sa.column("shielded_by_file", sa.Boolean), sa.column("level"),
    sa.column("effective_level"),
)  # fmt: skip
_document = sa.table(
    "document", sa.column("id", sa.Uuid()), sa.column("case_file_id", sa.Uuid()), sa.column("section"),
    sa.column("access_scope_id"),
)  # fmt: skip


class _Scopes:
    """The tree of scopes, as it is and as it is to be."""

    def __init__(self) -> None:
        self._connection = op.get_bind()
        rows = self._connection.execute(sa.select(_scope.c.id, _scope.c.kind, _scope.c.node, _scope.c.parent_id)).all()
        self._of = {(kind, node): id_ for id_, kind, node, _ in rows}
        self._parents: dict[int, tuple[int | None, int | None]] = {id_: (parent, None) for id_, _, _, parent in rows}

    def rearrange(self) -> None:
        """Case files with a scope hang below their entry and hold their unit's grant; sections get scopes."""
        case_file = sa.table(
            "case_file", sa.column("id", sa.Uuid()), sa.column("filing_plan_code"), sa.column("responsible_unit_id"),
            sa.column("access_scope_id"),
        )  # fmt: skip
        entry = sa.table(
            "filing_plan_entry", sa.column("code"), sa.column("sections", sa.JSON), sa.column("access_scope_id")
        )
        entries = {row.code: row for row in self._connection.execute(sa.select(entry))}
        for row in self._connection.execute(sa.select(case_file)).all():
            of_entry = entries[row.filing_plan_code]
            own_id = self._of.get(("case_file", str(row.id)))
            if own_id is not None:
                self._hang(own_id, of_entry.access_scope_id)
                self._grant(own_id, row.responsible_unit_id)
            for section in of_entry.sections or []:
                self._section(row.id, row.responsible_unit_id, own_id, row.access_scope_id, of_entry, section)
        for of_entry in entries.values():
            for section in of_entry.sections or []:
                self._made("entry_section", f"{of_entry.code}/{section}", of_entry.access_scope_id, None)
        self._write_closure()
        self._connection.execute(sa.text("UPDATE access_version SET stamp = :stamp"), {"stamp": str(uuid4())})

    def _section(
        self, case_file_id: UUID, unit_id: str, own_id: int | None, holder_id: int, entry: Any, section: str
    ) -> None:
        beside_id = self._made("entry_section", f"{entry.code}/{section}", entry.access_scope_id, None)
        kind, node = "section", f"{case_file_id}/{section}"
        if own_id is None:
            kind, node = "responsible_section", f"{entry.code}|{unit_id}/{section}"
        scope_id = self._made(kind, node, holder_id, beside_id)
        there = (_document.c.case_file_id == case_file_id) & (_document.c.section == section)
        found = sa.select(_document.c.id, _document.c.access_scope_id).where(there)
        moved = False
        for document_id, document_scope_id in self._connection.execute(found).all():
            if self._of.get(("document", str(document_id))) == document_scope_id:
                self._hang(document_scope_id, scope_id)
            elif document_scope_id != scope_id:
                changed = sa.update(_document).where(_document.c.id == document_id)
                self._connection.execute(changed.values(access_scope_id=scope_id))
                moved = True
        if moved:
            self._index_anew(case_file_id, holder_id)

    def _made(self, kind: str, node: str, parent_id: int, beside_id: int | None) -> int:
        if (kind, node) not in self._of:
            row = {"kind": kind, "node": node, "parent_id": parent_id, "beside_id": beside_id}
            defaults = {"shielded": False, "shielded_by_file": False, "level": 0, "effective_level": 0}
            made = self._connection.execute(sa.insert(_scope).values(**row, **defaults).returning(_scope.c.id))
            scope_id = int(made.scalar_one())
            self._of[kind, node], self._parents[scope_id] = scope_id, (parent_id, beside_id)
        return int(self._of[kind, node])

    def _hang(self, scope_id: int, parent_id: int) -> None:
        self._parents[scope_id] = (parent_id, None)
        self._connection.execute(sa.update(_scope).where(_scope.c.id == scope_id).values(parent_id=parent_id))

    def _grant(self, scope_id: int, unit_id: str) -> None:
        if unit_id == "unassigned":
            return
        grant = sa.table(
            "access_grant", sa.column("id", sa.Uuid()), sa.column("scope_id"), sa.column("subject"),
            sa.column("rights"), sa.column("cause"), sa.column("reason"), sa.column("given_by"),
            sa.column("given_at", UtcDateTime()),
        )  # fmt: skip
        row = {"id": uuid4(), "scope_id": scope_id, "subject": f"unit:{unit_id}", "rights": _LEADING}
        told = {"cause": "responsible", "reason": "Federführung", "given_by": "eakte", "given_at": datetime.now(UTC)}
        self._connection.execute(sa.insert(grant).values(**row, **told))

    def _index_anew(self, case_file_id: UUID, scope_before_id: int) -> None:
        job = sa.table(
            "job", sa.column("id", sa.Uuid()), sa.column("kind"), sa.column("subject_id", sa.Uuid()),
            sa.column("detail", sa.JSON), sa.column("scope_before_id"), sa.column("urgency"), sa.column("status"),
            sa.column("run_after", UtcDateTime()), sa.column("attempts"), sa.column("created_at", UtcDateTime()),
        )  # fmt: skip
        moment = datetime.now(UTC)
        row = {"id": uuid4(), "kind": "index_case_file", "subject_id": case_file_id, "detail": {}, "urgency": _SOON}
        told = {"scope_before_id": scope_before_id, "status": "waiting", "attempts": 0}
        self._connection.execute(sa.insert(job).values(**row, **told, run_after=moment, created_at=moment))

    def _write_closure(self) -> None:
        known: dict[int, frozenset[int]] = {}

        def above(scope_id: int) -> frozenset[int]:
            if scope_id not in known:
                uppers = [above(upper_id) for upper_id in self._parents[scope_id] if upper_id is not None]
                known[scope_id] = frozenset({scope_id}).union(*uppers)
            return known[scope_id]

        ancestor = sa.table(
            "scope_ancestor", sa.column("ancestor_id"), sa.column("scope_id"), sa.column("inherits", sa.Boolean)
        )
        self._connection.execute(sa.delete(ancestor))
        rows = [
            {"ancestor_id": upper_id, "scope_id": scope_id, "inherits": True}
            for scope_id in sorted(self._parents)
            for upper_id in sorted(above(scope_id))
        ]
        for part in _parts(rows):
            self._connection.execute(sa.insert(ancestor), part)


def _parts(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), 10_000):
        yield rows[start : start + 10_000]
