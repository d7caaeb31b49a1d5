"""Adding documents to a case file; the files go straight into the blob store."""

from __future__ import annotations

from datetime import date
from pathlib import PurePath
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from sqlmodel import Session

from api.pages import case_file_views
from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import FormOutdated, Visit, VisitDep, read_day
from api.problems import status_of
from api.uploads import Form, receive_form
from eakte import access, case_file_writing, documents, where_to_file
from eakte.access_tables import Right
from eakte.clock import today
from eakte.document_tables import DocumentKind
from eakte.documents import DocumentWish, StoredFile
from eakte.errors import EakteError, FieldProblem, Invalid

router = APIRouter()


@router.get("/akten/{case_file_id}/hinzufuegen")
def show_form(visit: VisitDep, case_file_id: UUID) -> Response:
    """The empty form."""
    return _form(visit, case_file_id, {"kind": DocumentKind.INCOMING, "received_on": today().isoformat()})


@router.post("/akten/{case_file_id}/hinzufuegen")
async def add_documents(visit: VisitDep, request: Request, case_file_id: UUID) -> Response:
    """File what was uploaded. Rights and origin are checked before the first byte is kept."""
    by_script = "x-csrf-token" in request.headers
    typed: dict[str, str] = {}
    try:
        if by_script:
            visit.check_csrf(request.headers["x-csrf-token"])
        else:
            _check_origin(request)
        await run_in_threadpool(_check_may_file, visit, case_file_id)
        settings = visit.service.settings.upload
        form = await receive_form(
            request, visit.service.blobs, max_file_bytes=settings.max_file_bytes, max_files=settings.max_files
        )
        typed = form.fields
        if not by_script:
            visit.check_csrf(typed.get("csrf"))
        response = await run_in_threadpool(_file, visit, case_file_id, form)
    except EakteError as error:
        status, _ = status_of(error)
        if status in (401, 404) or status >= 500:
            raise
        if by_script:
            fields = [field.detail for field in getattr(error, "fields", ())]
            return JSONResponse({"detail": str(error), "fields": fields}, status)
        return await run_in_threadpool(_form, visit, case_file_id, typed, error, status)
    if by_script:
        # The script goes there itself: the notice is for the page, not for the script.
        answer = JSONResponse({"location": response.headers["location"]}, 201)
        if "set-cookie" in response.headers:
            answer.headers["set-cookie"] = response.headers["set-cookie"]
        return answer
    return response


def _check_may_file(visit: Visit, case_file_id: UUID) -> None:
    with visit.service.database.reading() as session:
        case_file_writing.still_open(session, visit.actor, case_file_id, Right.READ)
        where_to_file.check_may_file(session, visit.actor, case_file_id)


def _check_origin(request: Request) -> None:
    """Browsers say where a form comes from; the token in its body is only known once the files are."""
    origin = request.headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.url.netloc
    if foreign or request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise FormOutdated


def _file(visit: Visit, case_file_id: UUID, form: Form) -> Response:
    files = [stored for stored in form.files_named("file") if stored.file_name or stored.blob.size_bytes]
    if not files:
        raise Invalid("Es wurde keine Datei ausgewählt.", FieldProblem("/file", "Bitte mindestens eine Datei wählen."))

    def act(session: Session) -> Response:
        for stored in files:
            wish = _wish(form.fields, stored, alone=len(files) == 1)
            document, _ = documents.attach_document(session, visit.actor, case_file_id, stored, wish)
        return go_to(f"/dokumente/{document.id}", "documents_added", count=str(len(files)))

    return visit.write_once(form.fields.get("form_id", ""), act)


def _wish(fields: dict[str, str], stored: StoredFile, *, alone: bool) -> DocumentWish:
    title = fields.get("title", "").strip()
    name = PurePath(stored.file_name).stem or "Ohne Titel"
    kind = fields.get("kind", "")
    if kind not in set(DocumentKind):
        raise Invalid(
            "Die Art des Dokuments fehlt.", FieldProblem("/kind", "Bitte Eingang, Ausgang oder intern wählen.")
        )
    return DocumentWish(
        title=(title or name) if alone else f"{title} – {name}" if title else name,
        kind=DocumentKind(kind),
        document_date=_day(fields, "document_date"),
        received_on=_day(fields, "received_on") if kind == DocumentKind.INCOMING else None,
        section=fields.get("section") or None,
    )


def _day(fields: dict[str, str], name: str) -> date | None:
    return read_day(name, fields.get(name, ""))


def _form(
    visit: Visit, case_file_id: UUID, typed: dict[str, str], problem: EakteError | None = None, status: int = 200
) -> Response:
    with visit.service.database.reading() as session:
        case_file = access.case_file_for(session, visit.actor, case_file_id)
        places = case_file_views.places_to_file(session, visit.actor, case_file)
    return render(
        visit.request,
        "upload.html",
        status=status,
        case_file=case_file,
        places=places,
        typed=typed,
        problem=problem,
        max_file_bytes=visit.service.settings.upload.max_file_bytes,
    )
