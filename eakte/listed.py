"""What is told beside the rows of a page of a list, for all of them at once: a query each, not one per row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from eakte.access_tables import AccessScope
from eakte.actors import Actor
from eakte.case_file_tables import CaseFile, ExternalReference, Party
from eakte.document_tables import Document, DocumentVersion, Page
from eakte.levels import Level


@dataclass(frozen=True)
class BesideCaseFiles:
    """By the ids of case files; the actor's own names only where there are some."""

    levels: Mapping[UUID, Level]
    parties: Mapping[UUID, Sequence[Party]]
    external_ids: Mapping[UUID, str]


def beside_case_files(session: Session, actor: Actor, rows: Sequence[CaseFile]) -> BesideCaseFiles:
    """Levels, parties in order and the actor's own ids of case files the actor may read."""
    ids = [row.id for row in rows]
    parties: dict[UUID, list[Party]] = defaultdict(list)
    wanted = select(Party).where(col(Party.case_file_id).in_(ids)).order_by(col(Party.position), col(Party.id))
    for party in session.exec(wanted):
        parties[party.case_file_id].append(party)
    named = session.exec(
        select(ExternalReference.case_file_id, ExternalReference.external_id).where(
            col(ExternalReference.case_file_id).in_(ids), ExternalReference.system_id == actor.id
        )
    )
    return BesideCaseFiles(_levels(session, rows), parties, dict(named.all()))


@dataclass(frozen=True)
class BesideDocuments:
    """By the ids of documents; references only of those in a case file."""

    newest: Mapping[UUID, DocumentVersion]
    levels: Mapping[UUID, Level]
    references: Mapping[UUID, str]


def beside_documents(session: Session, rows: Sequence[Document]) -> BesideDocuments:
    """Newest versions, levels and references of documents the actor may read."""
    holders = {row.case_file_id for row in rows if row.case_file_id is not None}
    named = dict(session.exec(select(CaseFile.id, CaseFile.reference).where(col(CaseFile.id).in_(holders))).all())
    return BesideDocuments(
        newest=_newest(session, rows),
        levels=_levels(session, rows),
        references={row.id: named[row.case_file_id] for row in rows if row.case_file_id is not None},
    )


def _levels(session: Session, rows: Sequence[CaseFile] | Sequence[Document]) -> dict[UUID, Level]:
    scope_ids = {row.access_scope_id for row in rows}
    wanted = select(AccessScope.id, AccessScope.effective_level).where(col(AccessScope.id).in_(scope_ids))
    effective = dict(session.exec(wanted).all())
    return {row.id: Level(effective[row.access_scope_id]) for row in rows}


def with_thumbnails(session: Session, rows: Sequence[Document]) -> set[UUID]:
    """Those of the documents the actor may read whose first page has a small picture."""
    newest = {version.id: version.document_id for version in _newest(session, rows).values()}
    wanted = select(Page.version_id).where(
        col(Page.version_id).in_(newest), Page.page_number == 1, col(Page.thumbnail_sha256).is_not(None)
    )
    return {newest[version_id] for version_id in session.exec(wanted)}


def _newest(session: Session, rows: Sequence[Document]) -> dict[UUID, DocumentVersion]:
    versions = session.exec(
        select(DocumentVersion)
        .where(col(DocumentVersion.document_id).in_([row.id for row in rows]))
        .order_by(col(DocumentVersion.number))
    )
    return {version.document_id: version for version in versions}
