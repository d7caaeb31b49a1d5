"""Page images and downloads; each read enters the trail."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from api.byte_streams import send_content
from api.pages.visits import VisitDep
from api.renditions import content_to_send
from eakte import reading
from eakte.reading import ImageSize

router = APIRouter()
FORMS = {"original": "original", "durchsuchbar": "searchable", "archivfassung": "archive"}
SIZES = {"lesen": ImageSize.READING, "klein": ImageSize.THUMBNAIL}


@router.get("/dokumente/{document_id}/seiten/{page_number}/bild")
def show_page_image(
    visit: VisitDep,
    document_id: UUID,
    page_number: Annotated[int, Path(ge=1)],
    size: Annotated[Literal["lesen", "klein"], Query(alias="groesse")] = "lesen",
) -> Response:
    """One upright page; asked for anew each time, since rights may have gone, but sent only when it changed."""
    with visit.service.database.noting() as session:
        image_sha256 = reading.page_image(session, visit.actor, document_id, page_number, SIZES[size])
    etag = f'"{image_sha256[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
    if visit.request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    image = reading.image_bytes(visit.service.blobs, image_sha256)
    return Response(image, media_type="image/jpeg", headers=headers)


@router.get("/dokumente/{document_id}/datei/{form}")
def download(
    visit: VisitDep, document_id: UUID, form: Literal["original", "durchsuchbar", "archivfassung"]
) -> Response:
    """The bytes as they came, the searchable PDF or the archive copy; always as a download."""
    content = content_to_send(visit.service, visit.actor, document_id, rendition=FORMS[form])
    return send_content(visit.request, visit.service.blobs, content)
