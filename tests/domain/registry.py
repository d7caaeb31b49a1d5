"""A small city's records for tests, made by the real use cases; every builder gives the shortest valid thing."""

from __future__ import annotations

import io
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from eakte import actors, case_files, documents, granting, grants, inbox, letters, nodes, places, scopes
from eakte.access_tables import EVERYTHING, ROOT_SCOPE_ID, AccessGrant, AccessScope, GrantCause, ScopeKind
from eakte.actors import Actor
from eakte.case_file_tables import CaseFile, Proceeding
from eakte.case_files import CaseFileWish
from eakte.document_tables import Document, DocumentKind
from eakte.documents import DocumentWish, StoredFile
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.granting import GrantWish
from eakte.inbox_tables import InboxItem
from eakte.letter_tables import Letter
from eakte.letters import PlannedLetter, RenderedLetter
from eakte.levels import Level
from eakte.nodes import Node
from eakte.parties import PartyWish
from eakte.person_names import name_key
from eakte.ports import BlobStore
from eakte.principals import (
    Membership,
    Person,
    Principal,
    PrincipalKind,
    RoleHolding,
    SpecialistSystem,
    Station,
    Unit,
)
from eakte.return_codes import new_code_id
from eakte.shipped_templates import ensure_shipped_templates
from eakte.subjects import SubjectWish

FORMAT = "{plan}/{year}/{number:05d}"
REGISTRAR = "registrar"
"""A specialist system that may do everything everywhere, so that nobody a test asks about has made anything."""


class Registry:
    """Makes units, people, filing plan entries, case files and documents in one session.

    A unit `SO` with Anna in it, an entry `50`, and the registrar are there from the start.
    """

    def __init__(self, session: Session, blobs: BlobStore) -> None:
        self.session = session
        self.blobs = blobs
        if session.get(Principal, REGISTRAR) is None:
            self.system(REGISTRAR, ceiling=max(Level))
            grants.add_grant(session, ROOT_SCOPE_ID, f"system:{REGISTRAR}", EVERYTHING, GrantCause.APPLIED)
            self.unit("SO")
            self.person("anna", "SO")
            self.entry("50")

    # -- who ---------------------------------------------------------------------------------------

    def unit(self, id_: str, parent: str | None = None) -> str:
        self.session.add(Unit(id=id_, name=f"Amt {id_}", parent_id=parent))
        self.session.flush()
        return id_

    def person(self, id_: str, *units: str, role: str | None = None, ceiling: int = 0, name: str | None = None) -> str:
        shown = id_.title() if name is None else name
        self.session.add(Principal(id=id_, kind=PrincipalKind.PERSON, name=shown, ceiling=ceiling))
        self.session.flush()
        self.session.add(Person(id=id_, email=f"{id_}@example.org", name_key=name_key(shown)))
        self.session.flush()
        for position, unit_id in enumerate(units):
            self.session.add(Membership(person_id=id_, unit_id=unit_id, position=position))
        if role is not None:
            self.session.add(RoleHolding(person_id=id_, role=role))
        self.session.flush()
        return id_

    def system(self, id_: str, *, ceiling: int = 0) -> str:
        self.session.add(Principal(id=id_, kind=PrincipalKind.SYSTEM, name=id_.title(), ceiling=ceiling))
        self.session.flush()
        self.session.add(SpecialistSystem(id=id_))
        self.session.flush()
        return id_

    def station(self, id_: str = "scan-1", unit_id: str = "SO") -> str:
        self.session.add(Principal(id=id_, kind=PrincipalKind.STATION, name="Poststelle"))
        self.session.flush()
        self.session.add(Station(id=id_, unit_id=unit_id))
        self.session.flush()
        return id_

    def actor(self, id_: str = REGISTRAR) -> Actor:
        return actors.actor_for(self.session, id_)

    # -- what --------------------------------------------------------------------------------------

    def entry(self, code: str, parent: str | None = None, *, sections: tuple[str, ...] = ()) -> FilingPlanEntry:
        above = ROOT_SCOPE_ID if parent is None else self.session.get_one(FilingPlanEntry, parent).access_scope_id
        entry = FilingPlanEntry(
            code=code,
            title=f"Betreff {code}",
            parent_code=parent,
            sections=list(sections),
            access_scope_id=scopes.make_scope(self.session, ScopeKind.FILING_PLAN, code, above),
        )
        self.session.add(entry)
        self.session.flush()
        return entry

    def case_file(
        self, code: str = "50", *, unit: str = "unassigned", title: str = "Akte", parties: tuple[PartyWish, ...] = ()
    ) -> CaseFile:
        wish = CaseFileWish(code, title, parties=parties, responsible_unit=unit)
        return case_files.open_case_file(self.session, self.actor(), wish, reference_format=FORMAT)

    def stored(self, content: bytes = b"Inhalt", name: str = "brief.pdf") -> StoredFile:
        return StoredFile(self.blobs.put(io.BytesIO(content)), name, "application/pdf")

    def document(self, case_file: CaseFile, title: str = "Brief", content: bytes = b"Inhalt") -> Document:
        wish = DocumentWish(title, DocumentKind.INCOMING)
        filed, _ = documents.attach_document(self.session, self.actor(), case_file.id, self.stored(content), wish)
        return filed

    def waiting(self, unit_id: str = "SO", *, concerns: CaseFile | None = None, title: str = "Eingang") -> InboxItem:
        """A document that waits in a unit's inbox."""
        document = documents.add_document(
            self.session,
            REGISTRAR,
            DocumentWish(title, DocumentKind.INCOMING),
            case_file_id=None,
            scope_id=places.inbox_scope(self.session, unit_id),
        )
        documents.add_first_version(self.session, document, self.stored(), REGISTRAR)
        return inbox.put_into_inbox(
            self.session, document, unit_id, "Kein Antwortcode gefunden.", by=self.actor(), concerns=concerns
        )

    def letter(
        self,
        case_file: CaseFile,
        *,
        sheets: tuple[int, ...] = (1,),
        title: str = "Anhörung",
        by: str = REGISTRAR,
        coded: tuple[int, ...] | None = None,
    ) -> Letter:
        """A posted letter that expects these sheets back; its bytes are no real paper.

        Args:
            coded: All sheets that carry a code; those expected back when None.
        """
        ensure_shipped_templates(self.session, self.blobs)
        rendered = RenderedLetter(
            self.planned_letter(case_file, title=title, by=by),
            code_id=new_code_id(),
            answer_sheets=list(sheets),
            stored=self.stored(b"Schreiben"),
            coded_sheets=None if coded is None else list(coded),
        )
        letter = letters.make_letter(self.session, self.actor(by), rendered)
        letters.approve_letter(self.session, self.actor(by), letter.id)
        return letters.post_letter(self.session, self.actor(by), letter.id)

    def planned_letter(self, case_file: CaseFile, *, title: str = "Anhörung", by: str = REGISTRAR) -> PlannedLetter:
        """What will stand in the shipped letter."""
        return letters.plan_letter(
            self.session, self.actor(by), case_file.id,
            template_id="brief", data={"betreff": title}, recipient_id=None, city="Musterstadt",
        )  # fmt: skip

    # -- rights ------------------------------------------------------------------------------------

    def grant(
        self,
        on: FilingPlanEntry | CaseFile | Document | Proceeding | Node,
        to: str,
        *rights: str,
        sub_units: bool = False,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> AccessGrant:
        """Grant on a thing.

        Args:
            to: `person:anna`, `unit:SO` or `system:km`.
            rights: Reading when none.
        """
        kind, _, name = to.partition(":")
        subject = SubjectWish(
            person=name if kind == "person" else None,
            unit=name if kind == "unit" else None,
            sub_units=sub_units,
            system=name if kind == "system" else None,
        )
        wish = GrantWish(rights or ("read",), subject, valid_from=since, valid_until=until)
        return granting.give(self.session, self.actor(), node_of(on), wish)

    def revoke(self, grant: AccessGrant) -> None:
        node = nodes.node_of_scope(self.session.get_one(AccessScope, grant.scope_id))
        assert node is not None
        granting.revoke(self.session, self.actor(), node, grant.id)


def node_of(thing: FilingPlanEntry | CaseFile | Document | Proceeding | Node) -> Node:
    """The node that rights on a thing stand on."""
    if isinstance(thing, Node):
        return thing
    if isinstance(thing, FilingPlanEntry):
        return nodes.entry(thing.code)
    if isinstance(thing, CaseFile):
        return nodes.case_file(thing.id)
    return nodes.proceeding(thing.id) if isinstance(thing, Proceeding) else nodes.document(thing.id)


def fresh(session: Session, document_id: UUID) -> Document:
    """A document as its row is now."""
    document = session.get_one(Document, document_id)
    session.refresh(document)
    return document
