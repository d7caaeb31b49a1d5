"""Letter templates every installation has, taken from the package."""

from __future__ import annotations

import hashlib
import io

from sqlmodel import Session, select

from eakte import letter_templates
from eakte.installation import Installation
from eakte.letter_tables import LetterTemplate
from eakte.ports import BlobStore

SHIPPED_TEMPLATE = "brief"
_FILE_NAME = "brief.html"


def ensure_shipped_templates(session: Session, blobs: BlobStore) -> None:
    """Make the template `brief`, first in the list, or bring it up to this release; cheap when it is.

    Layout and stylesheet stay in the package, where the letter press finds them; here are the template's own bytes.
    """
    content = (letter_templates.FOLDER / _FILE_NAME).read_bytes()
    wanted = LetterTemplate(
        id=SHIPPED_TEMPLATE,
        name="Brief mit Rückantwort",
        position=0,
        sha256=hashlib.sha256(content).hexdigest(),
        file_name=_FILE_NAME,
        media_type="text/html",
        answer_sheets=[1],
    )
    there = session.get(LetterTemplate, SHIPPED_TEMPLATE)
    if there is not None and there.model_dump() == wanted.model_dump() and blobs.exists(wanted.sha256):
        return
    blobs.put(io.BytesIO(content))
    # Two services starting at once take turns here, so that not both insert the row.
    session.exec(select(Installation.id).with_for_update()).one()
    session.merge(wanted)
    session.flush()
