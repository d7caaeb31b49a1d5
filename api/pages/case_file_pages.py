"""A case file with its documents, and a document open in the reader beside them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api.pages import case_file_views
from api.pages.case_file_views import CaseFileView, ReaderView
from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import PostedDep, Visit, VisitDep
from eakte import access, case_files
from eakte.document_tables import Document
from eakte.errors import NotFound

router = APIRouter()
Sought = Annotated[str, Query(max_length=2000, description="What was sought, to box it on the page")]


@router.get("/akten/{case_file_id}")
def show_case_file(visit: VisitDep, case_file_id: UUID, q: Sought = "", nach: str | None = None) -> Response:
    """A case file, open at its newest document."""
    with visit.service.database.noting() as session:
        view = case_file_views.gather_case_file(session, visit.actor, case_file_id, cursor=nach)
        newest = max(view.documents, key=lambda row: (row.created_at, row.id), default=None)
        reader = None if newest is None else case_file_views.gather_reader(session, visit.actor, newest, 1, q)
    return _page(visit, view, reader, q)


@router.get("/dokumente/{document_id}")
def show_document(
    visit: VisitDep, document_id: UUID, seite: Annotated[int, Query(ge=1, le=1_000_000)] = 1, q: Sought = ""
) -> Response:
    """A document in its case file; alone where only the document was shared, or while it waits in an inbox."""
    with visit.service.database.noting() as session:
        document = access.document_for(session, visit.actor, document_id)
        view = _case_file_of(session, visit, document)
        reference = None if document.case_file_id is None else access.reference_of(session, document.case_file_id)
        reader = case_file_views.gather_reader(session, visit.actor, document, seite, q)
    if view is not None:
        return _page(visit, view, reader, q)
    return render(visit.request, "document.html", reader=reader, reference=reference, q=q)


@router.post("/akten/{case_file_id}/abschliessen")
def complete(posted: PostedDep, case_file_id: UUID) -> Response:
    """Complete a case file."""

    def act(session: Session) -> Response:
        case_files.complete_case_file(session, posted.visit.actor, case_file_id)
        return go_to(f"/akten/{case_file_id}", "case_file_completed")

    return posted.write_once(act)


@router.post("/akten/{case_file_id}/wieder-oeffnen")
def reopen(posted: PostedDep, case_file_id: UUID) -> Response:
    """Open a completed case file again."""

    def act(session: Session) -> Response:
        case_files.reopen_case_file(session, posted.visit.actor, case_file_id)
        return go_to(f"/akten/{case_file_id}", "case_file_reopened")

    return posted.write_once(act)


def _case_file_of(session: Session, visit: Visit, document: Document) -> CaseFileView | None:
    if document.case_file_id is None:
        return None
    try:
        return case_file_views.gather_case_file(session, visit.actor, document.case_file_id)
    except NotFound:
        return None


def _page(visit: Visit, view: CaseFileView, reader: ReaderView | None, q: str) -> Response:
    earlier, later = (None, None) if reader is None else view.around(reader.document)
    return render(visit.request, "case_file.html", view=view, reader=reader, earlier=earlier, later=later, q=q)
