"""Attaching, reading, changing documents (Dokumente)."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from api.byte_streams import send_content
from api.calls import Answer, Call, CallDep
from api.problems import answers
from api.renditions import content_to_send
from api.rest import cursors, rights_views, views
from api.rest.cursors import Cursor, Limit
from api.rest.multipart_docs import multipart
from api.rest.schemas.documents import (
    DocumentIn,
    DocumentOut,
    DocumentPatch,
    DocumentsOut,
    MoveIn,
    PageTextOut,
    ReasonIn,
    TextOut,
    VersionOut,
    VersionsOut,
    WordOut,
    WordsOut,
)
from api.rest.uploads import clear_used, uploaded_files
from api.rest.wishes import document_wish
from api.uploads import Form, pointing_into_metadata, receive_form
from eakte import access, correcting, documents, nodes, reading, resumable_uploads, where_to_file
from eakte.access_tables import Right, RightsProposal
from eakte.document_tables import Document, DocumentKind
from eakte.documents import DocumentChange, StoredFile
from eakte.errors import FieldProblem, Invalid
from eakte.poorly_read import is_poorly_read
from eakte.reading import ImageSize
from eakte.search_query import parse
from eakte.search_snippets import matching_words

router = APIRouter(tags=["Dokumente"])
MOST = 1_000_000
PageNumber = Annotated[int, Path(ge=1, le=MOST, description="From 1")]


@router.post(
    "/case-files/{case_file_id}/documents",
    status_code=201,
    response_model=DocumentOut,
    responses={
        200: {"model": DocumentOut, "description": "Was there already: same `external_id`, same content"},
        **answers(403, 404, 409, 413, 415),
    },
    summary="Attach a document",
    openapi_extra=multipart("file", DocumentIn, repeatable=False),
)
async def attach_document(request: Request, call: CallDep, case_file_id: UUID) -> Response:
    """File a document in a case file. Its bytes are durable and its id is known when this answers (201).

    `status` then goes `received → reading → ready`, or `quarantined` with `status_reason`.
    The same `external_id` with the same content answers 200, with other content 409.
    """
    await run_in_threadpool(_may_file, call, case_file_id)
    form = await _receive(request, call)
    form.refuse_others("file", "metadata")
    return await run_in_threadpool(_attach, call, case_file_id, form)


def _attach(call: Call, case_file_id: UUID, form: Form) -> Response:
    given = call.given_before(form.content())
    if given is not None:
        return given
    body = form.metadata(DocumentIn)
    uploads = [] if body.upload is None else [body.upload]
    uploaded = [] if form.files else uploaded_files(call, uploads, "/metadata/upload")
    file = uploaded[0] if uploaded else _one_file(form)
    if form.files and uploads:
        problem = FieldProblem("/metadata/upload", "Bitte entweder eine Datei mitsenden oder eine Übertragung nennen.")
        raise Invalid("Die Datei kommt auf zwei Wegen zugleich.", problem)

    def act(session: Session) -> Answer:
        with pointing_into_metadata():
            row, attached = documents.attach_document(session, call.actor, case_file_id, file, document_wish(body))
        resumable_uploads.use_uploads(session, call.actor, uploads, nodes.document(row.id).written)
        return _told(session, call, row, 201 if attached else 200)

    response = call.write(act, content=form.content())
    clear_used(call.service, uploads)
    return response


@router.get(
    "/case-files/{case_file_id}/documents",
    response_model=DocumentsOut,
    responses=answers(404),
    summary="Documents of a case file, newest first",
)
def list_documents(call: CallDep, case_file_id: UUID, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List the documents the caller may read."""

    def act(session: Session) -> Answer:
        after = cursors.read_position(cursor)
        rows = documents.list_documents(session, call.actor, case_file_id, after=after, limit=limit + 1)
        page = rows[:limit]
        next_cursor = cursors.write_position(page[-1].created_at, page[-1].id) if len(rows) > limit else None
        items = views.documents_listed(session, call.actor, page)
        return Answer(DocumentsOut(items=items, next_cursor=next_cursor))

    return call.read(act)


@router.get("/documents/{document_id}", response_model=DocumentOut, responses=answers(404), summary="One document")
def read_document(call: CallDep, document_id: UUID) -> Response:
    """Tell a document's metadata and how far it has been read."""

    def act(session: Session) -> Answer:
        return _told(session, call, access.document_for(session, call.actor, document_id))

    return call.read(act)


@router.patch(
    "/documents/{document_id}",
    response_model=DocumentOut,
    responses={**rights_views.WAITING_ANSWER, **answers(403, 404, 409, 412, 428)},
    summary="Change a document's metadata",
)
def change_document(call: CallDep, document_id: UUID, body: DocumentPatch) -> Response:
    """Change metadata; needs `If-Match` with the ETag the change is based on.

    Lowering the level waits for a second person where four eyes are asked for; the rest holds.
    """

    def act(session: Session) -> Answer:
        row = access.document_for(session, call.actor, document_id)
        call.require_match(views.document(session, call.actor, row))
        change = DocumentChange(
            title=body.title,
            kind=None if body.kind is None else DocumentKind(body.kind),
            document_date=body.document_date,
            received_on=body.received_on,
            section=body.section,
            level=body.level,
        )
        row, waiting = documents.change_document(session, call.actor, document_id, change)
        return _told(session, call, row, waiting=waiting)

    return call.write(act)


@router.post(
    "/documents/{document_id}/move",
    response_model=DocumentOut,
    responses=answers(403, 404, 409, 412),
    summary="Move to another case file",
)
def move_document(call: CallDep, document_id: UUID, body: MoveIn) -> Response:
    """Move a wrongly filed document: gone from the first case file through every door at once."""

    def act(session: Session) -> Answer:
        _honour_match(session, call, document_id)
        row = correcting.move_document(session, call.actor, document_id, body.case_file_id, section=body.section)
        return _told(session, call, row)

    return call.write(act, content=body.model_dump_json())


@router.post(
    "/documents/{document_id}/withdraw", status_code=204, responses=answers(403, 404, 409, 412), summary="Withdraw"
)
def withdraw_document(call: CallDep, document_id: UUID, body: ReasonIn) -> Response:
    """Withdraw what should never have been filed; from now on it exists for nobody."""

    def act(session: Session) -> Answer:
        _honour_match(session, call, document_id)
        correcting.withdraw_document(session, call.actor, document_id, body.reason)
        return Answer(None, 204)

    return call.write(act, content=body.model_dump_json())


@router.get(
    "/documents/{document_id}/versions", response_model=VersionsOut, responses=answers(404), summary="All versions"
)
def list_versions(call: CallDep, document_id: UUID) -> Response:
    """List all versions, newest first."""

    def act(session: Session) -> Answer:
        rows = documents.versions_of(session, call.actor, document_id)
        return Answer(VersionsOut(items=[views.version(row) for row in rows]))

    return call.read(act)


@router.post(
    "/documents/{document_id}/versions",
    status_code=201,
    response_model=VersionOut,
    responses=answers(403, 404, 409, 412, 413, 415),
    summary="Add a version",
    openapi_extra=multipart("file", None, repeatable=False),
)
async def add_version(request: Request, call: CallDep, document_id: UUID) -> Response:
    """Add a new version; the earlier ones stay as they are."""
    await run_in_threadpool(_may_edit, call, document_id)
    form = await _receive(request, call)
    form.refuse_others("file")

    def act(session: Session) -> Answer:
        _honour_match(session, call, document_id)
        row = documents.add_version(session, call.actor, document_id, _one_file(form))
        return Answer(views.version(row), 201, about=(nodes.document(document_id).written,))

    return await run_in_threadpool(call.write, act, content=form.content())


@router.get(
    "/documents/{document_id}/content",
    response_class=Response,
    responses={
        200: {"description": "The bytes", "content": {"*/*": {}}},
        206: {"description": "A range"},
        **answers(404, 409, 416),
    },
    summary="The bytes",
)
def read_content(
    request: Request,
    call: CallDep,
    document_id: UUID,
    version: Annotated[int | None, Query(ge=1, le=MOST, description="Newest when left out")] = None,
    rendition: Annotated[
        Literal["original", "searchable", "archive"], Query(description="`archive` is PDF/A-2b", examples=["archive"])
    ] = "original",
) -> Response:
    """Download the original, the searchable PDF or the archive copy (PDF/A-2b); ranges, `Repr-Digest` (RFC 9530).

    The archive copy of a scan is there with its searchable PDF. Of other documents it is made when first asked for:
    this answers 409 until then, and 409 with the reason where there can be none (`archive_problem`).
    """
    content = content_to_send(call.service, call.actor, document_id, number=version, rendition=rendition)
    return send_content(request, call.service.blobs, content)


@router.get(
    "/documents/{document_id}/pages/{page_number}/image",
    response_class=Response,
    responses={200: {"description": "JPEG", "content": {"image/jpeg": {}}}, **answers(404, 409)},
    summary="A page as picture",
)
def read_page_image(
    call: CallDep,
    document_id: UUID,
    page_number: PageNumber,
    size: Annotated[ImageSize, Query(description="For reading, or small for a list")] = ImageSize.READING,
) -> Response:
    """Show one page, upright: 150 dpi for reading, or a thumbnail (A4 116 pixels wide) that cannot be read."""
    with call.service.database.noting() as session:
        image_sha256 = reading.page_image(session, call.actor, document_id, page_number, size)
    image = reading.image_bytes(call.service.blobs, image_sha256)
    return Response(image, media_type="image/jpeg", headers={"Cache-Control": "private, no-cache"})


@router.get(
    "/documents/{document_id}/pages/{page_number}/words",
    response_model=WordsOut,
    responses=answers(404, 409),
    summary="The words of a page with their boxes",
)
def read_words(
    call: CallDep, document_id: UUID, page_number: PageNumber, q: Annotated[str, Query(description="Marks hits")] = ""
) -> Response:
    """Tell the words of a page; those that match the query `q` are marked."""

    def act(session: Session) -> Answer:
        found = reading.words_of_page(session, call.actor, document_id, page_number)
        hits = set(matching_words(found.words, parse(q))) if q else set()
        items = [
            WordOut(
                text=word.text,
                left=word.left,
                top=word.top,
                right=word.right,
                bottom=word.bottom,
                confidence=word.confidence,
                hit=index in hits,
            )
            for index, word in enumerate(found.words)
        ]
        page = found.page
        return Answer(WordsOut(page=page.page_number, width_mm=page.width_mm, height_mm=page.height_mm, items=items))

    return call.read_and_note(act)


@router.get("/documents/{document_id}/text", response_model=TextOut, responses=answers(404), summary="The text")
def read_text(call: CallDep, document_id: UUID) -> Response:
    """Tell the recognised text, page by page; as many pages as are read yet."""

    def act(session: Session) -> Answer:
        items = [
            PageTextOut(
                page=page.page_number,
                text=page.text,
                source=page.source.value,
                confidence=page.confidence,
                poorly_read=is_poorly_read(page.source, page.confidence),
            )
            for page in reading.text_of(session, call.actor, document_id)
        ]
        return Answer(TextOut(items=items))

    return call.read_and_note(act)


def _may_file(call: Call, case_file_id: UUID) -> None:
    """Refuse before the bytes come, not after gigabytes.

    Only for want of rights: what was attached before is answered as before, also when the case file is completed now.
    """
    with call.service.database.reading() as session:
        where_to_file.check_may_file(session, call.actor, case_file_id)


def _may_edit(call: Call, document_id: UUID) -> None:
    with call.service.database.reading() as session:
        access.document_for(session, call.actor, document_id, Right.EDIT)


def _honour_match(session: Session, call: Call, document_id: UUID) -> None:
    row = access.document_for(session, call.actor, document_id)
    call.honour_match(lambda: views.document(session, call.actor, row))


async def _receive(request: Request, call: Call) -> Form:
    limits = call.service.settings.upload
    return await receive_form(
        request, call.service.blobs, max_file_bytes=limits.max_file_bytes, max_files=limits.max_files
    )


def _one_file(form: Form) -> StoredFile:
    files = form.files_named("file")
    if len(files) != 1:
        raise Invalid(
            "Genau eine Datei wird erwartet.", FieldProblem("/file", "Bitte eine Datei im Feld „file“ senden.")
        )
    return files[0]


def _told(
    session: Session, call: Call, row: Document, status: int = 200, *, waiting: RightsProposal | None = None
) -> Answer:
    return Answer(
        views.document(session, call.actor, row),
        status,
        is_state=True,
        about=(nodes.document(row.id).written,),
        location=f"/api/v1/documents/{row.id}" if status == 201 else None,
        waiting=() if waiting is None else (waiting.id,),
    )
