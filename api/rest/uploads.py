"""Large files in resumable parts (fortsetzbare Übertragungen), as tus 1.0 has it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from api.calls import Answer, Call, CallDep, service_of
from api.envelope import PART_TYPE, take_files
from api.problems import TooLarge, UnsupportedContent, answers
from api.rest import tus
from api.rest.upload_bodies import PartBody
from api.service import Service
from eakte import resumable_uploads
from eakte.documents import StoredFile
from eakte.errors import Conflict, FieldProblem, Invalid, NotFound
from eakte.resumable_uploads import Upload

router = APIRouter(tags=["Übertragungen"])
_speaking = [Depends(tus.speak_tus)]


@router.options("/uploads", include_in_schema=False)
@router.options("/uploads/{upload_id}", include_in_schema=False)
def tell_upload_protocol(request: Request) -> Response:
    """Tell which protocol is spoken; needs no token."""
    return Response(status_code=204, headers=tus.capabilities(service_of(request).settings.upload.max_file_bytes))


@router.post(
    "/uploads",
    status_code=201,
    response_class=Response,
    responses=answers(400, 403, 412, 413),
    summary="Begin an upload",
    dependencies=_speaking,
)
def begin_upload(request: Request, call: CallDep) -> Response:
    """Begin an upload of `Upload-Length` bytes; `Location` says where its parts go.

    Speaks tus 1.0 (https://tus.io) with `creation`, `termination`, `checksum` (sha1, sha256) and `expiration`; any tus
    client can be pointed here. `Upload-Metadata` may name `filename` and `filetype`. A complete upload is used once, in
    `uploads` of `POST /scan-batches` or `upload` of `POST /case-files/{id}/documents`.
    """
    limit = call.service.settings.upload.max_file_bytes
    size_bytes = tus.number_in(request, "Upload-Length")
    if size_bytes > limit:
        raise TooLarge(f"Eine Datei darf höchstens {limit} Byte haben.")
    file_name, media_type, said = tus.said_of_file(request)
    _clear_away(call.service)

    def act(session: Session) -> Answer:
        upload = resumable_uploads.begin_upload(
            session,
            call.actor,
            size_bytes=size_bytes,
            file_name=file_name,
            media_type=media_type,
            said=said,
            lifetime=_lifetime(call.service),
        )
        return Answer(None, 201, location=f"/api/v1/uploads/{upload.id}", headers=tus.lifetime(upload))

    return call.write(act, content=f"{size_bytes} {said}")


@router.head(
    "/uploads/{upload_id}",
    response_class=Response,
    responses=answers(403, 404, 412),
    summary="How far an upload is",
    dependencies=_speaking,
)
def read_upload(call: CallDep, upload_id: UUID) -> Response:
    """Tell in `Upload-Offset` how many bytes are durable; the next part begins there."""
    with call.service.database.reading() as session:
        upload = resumable_uploads.upload_for(session, call.actor, upload_id)
    headers = {**tus.progress(upload), "Upload-Length": str(upload.size_bytes), "Cache-Control": "no-store"}
    if upload.said:
        headers["Upload-Metadata"] = upload.said
    return Response(status_code=200, headers=headers)


@router.patch(
    "/uploads/{upload_id}",
    status_code=204,
    response_class=Response,
    responses=answers(400, 403, 404, 409, 412, 413, 415, 460),
    summary="Send a part of an upload",
    dependencies=_speaking,
    openapi_extra={
        "requestBody": {"required": True, "content": {PART_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
    },
)
async def append_to_upload(request: Request, call: CallDep, upload_id: UUID) -> Response:
    """Append to an upload from `Upload-Offset` on; when this answers, the bytes are durable.

    A connection that breaks off keeps what came, but for a part with `Upload-Checksum`: that counts whole or not at all
    (460 when it does not fit). Another offset than the upload's is a conflict (409); ask for it with HEAD.
    """
    take_files(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != PART_TYPE:
        raise UnsupportedContent(f"Bitte als {PART_TYPE} senden.")
    offset_bytes, checksum = tus.number_in(request, "Upload-Offset"), tus.checksum_in(request)
    await run_in_threadpool(_known, call, upload_id)
    with call.service.uploads.appending(upload_id) as part:
        # Asked again now that nobody else appends.
        upload = await run_in_threadpool(_known, call, upload_id)
        if offset_bytes != upload.offset_bytes:
            raise Conflict(f"Die Übertragung steht bei {upload.offset_bytes}; bitte dort weitermachen.")
        announced = request.headers.get("content-length", "0")
        if announced.isdigit() and offset_bytes + int(announced[:20]) > upload.size_bytes:
            raise TooLarge(f"Angekündigt waren {upload.size_bytes} Byte; das wären mehr.")
        part.cut_to(offset_bytes)
        body = PartBody(call.service.database, part, upload, checksum, _lifetime(call.service))
        upload = await body.take(request.stream())
    return Response(status_code=204, headers=tus.progress(upload))


@router.delete(
    "/uploads/{upload_id}",
    status_code=204,
    response_class=Response,
    responses=answers(403, 404, 409, 412),
    summary="Give an upload up",
    dependencies=_speaking,
)
def give_up_upload(call: CallDep, upload_id: UUID) -> Response:
    """Forget an upload and its bytes; what it became already stays."""
    _known(call, upload_id)
    with call.service.uploads.appending(upload_id):
        _forget(call.service, [upload_id])
    return Response(status_code=204, headers={"Tus-Resumable": tus.VERSION})


def uploaded_files(call: Call, upload_ids: list[UUID], pointer: str) -> list[StoredFile]:
    """Complete uploads as files, their bytes among the blobs.

    Args:
        pointer: Where the ids stand in the request.

    Raises:
        Invalid: One of them is not there, not complete, or named twice.
    """
    if len(set(upload_ids)) < len(upload_ids):
        raise Invalid("Eine Übertragung wird zweimal genannt.", FieldProblem(pointer, "Bitte jede nur einmal nennen."))
    return [_uploaded(call, upload_id, pointer) for upload_id in upload_ids]


def clear_used(service: Service, upload_ids: list[UUID]) -> None:
    """Remove the bytes of uploads that became something, once that is committed; their rows tell so for a while."""
    for upload_id in upload_ids:
        service.uploads.delete(upload_id)


def _uploaded(call: Call, upload_id: UUID, pointer: str) -> StoredFile:
    try:
        upload = _known(call, upload_id)
    except NotFound as error:
        detail = f"„{upload_id}“ gibt es nicht, oder nicht mehr."
        raise Invalid("Diese Übertragung gibt es nicht.", FieldProblem(pointer, detail)) from error
    if not upload.is_complete:
        detail = f"„{upload_id}“ hat erst {upload.offset_bytes} von {upload.size_bytes} Byte."
        raise Invalid("Diese Übertragung ist noch nicht vollständig.", FieldProblem(pointer, detail))
    stored = resumable_uploads.as_file(upload)
    if stored is not None:
        return stored
    with call.service.uploads.reading(upload_id, upload.size_bytes) as content:
        blob = call.service.blobs.put(content)
    with call.service.database.writing() as session:
        resumable_uploads.note_stored(session, upload_id, blob)
    return StoredFile(blob, upload.file_name, upload.media_type)


def _known(call: Call, upload_id: UUID) -> Upload:
    with call.service.database.reading() as session:
        return resumable_uploads.upload_for(session, call.actor, upload_id)


def _clear_away(service: Service) -> None:
    with service.database.reading() as session:
        expired = resumable_uploads.expired_uploads(session)
    if expired:
        _forget(service, expired)


def _forget(service: Service, upload_ids: list[UUID]) -> None:
    """Bytes before rows: killed in between, the row is asked about again."""
    for upload_id in upload_ids:
        service.uploads.delete(upload_id)
    with service.database.writing() as session:
        resumable_uploads.forget_uploads(session, upload_ids)


def _lifetime(service: Service) -> timedelta:
    return timedelta(hours=service.settings.upload.expires_h)
