"""The headers of tus 1.0 (https://tus.io/protocols/resumable-upload): reading them, and telling them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any

from fastapi import Request

from api.problems import BadRequest, TusVersionUnknown
from api.uploads import UNKNOWN_TYPE
from eakte.file_names import safe_file_name
from eakte.resumable_uploads import Upload

VERSION = "1.0.0"
EXTENSIONS = "creation,termination,checksum,expiration"
ALGORITHMS = ("sha1", "sha256")
"""sha1 since the protocol demands it of everybody."""

MAX_SAID = 4096
_NUMBER = re.compile(r"[0-9]{1,18}")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)


@dataclass(frozen=True)
class Checksum:
    """What a part's bytes must hash to."""

    algorithm: str
    digest: bytes

    def begin(self) -> Any:
        """A hash to feed."""
        return hashlib.new(self.algorithm, usedforsecurity=False)


def speak_tus(request: Request) -> None:
    """Insist on our version of the protocol, and tell it in every answer, refusals too.

    Raises:
        TusVersionUnknown: Another version, or none.
    """
    request.state.headers_of_refusals = {"Tus-Resumable": VERSION, "Tus-Version": VERSION}
    if request.headers.get("tus-resumable") != VERSION:
        raise TusVersionUnknown(f"Bitte „Tus-Resumable: {VERSION}“ mitsenden; andere Fassungen gibt es hier nicht.")


def capabilities(max_bytes: int) -> dict[str, str]:
    """What OPTIONS answers."""
    return {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(max_bytes),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }


def lifetime(upload: Upload) -> dict[str, str]:
    """How long an upload lives."""
    return {"Tus-Resumable": VERSION, "Upload-Expires": format_datetime(upload.expires_at, usegmt=True)}


def progress(upload: Upload) -> dict[str, str]:
    """How far an upload is and how long it lives."""
    return {**lifetime(upload), "Upload-Offset": str(upload.offset_bytes)}


def number_in(request: Request, name: str) -> int:
    """A size or offset from a header.

    Raises:
        BadRequest: It is missing, or no number.
    """
    text = request.headers.get(name, "")
    if not _NUMBER.fullmatch(text):
        raise BadRequest(f"„{name}“ fehlt oder ist keine Zahl.")
    return int(text)


def checksum_in(request: Request) -> Checksum | None:
    """The checksum of a part, if the caller sends one.

    Raises:
        BadRequest: An algorithm we do not know, or no base 64.
    """
    header = request.headers.get("upload-checksum")
    if header is None:
        return None
    algorithm, _, text = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise BadRequest(f"„Upload-Checksum“: möglich sind {', '.join(ALGORITHMS)}.")
    try:
        return Checksum(algorithm, base64.b64decode(text, validate=True))
    except binascii.Error as error:
        raise BadRequest("„Upload-Checksum“: nach dem Verfahren wird Base64 erwartet.") from error


def said_of_file(request: Request) -> tuple[str, str, str]:
    """What `Upload-Metadata` says: file name, media type, and the header as it was sent.

    Raises:
        BadRequest: Not pairs of a key and a value in base 64, or too long.
    """
    header = request.headers.get("upload-metadata", "")
    if len(header) > MAX_SAID:
        raise BadRequest(f"„Upload-Metadata“ darf höchstens {MAX_SAID} Zeichen haben.")
    pairs: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            pairs[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except ValueError as error:
            raise BadRequest(f"„Upload-Metadata“: der Wert von „{key}“ ist kein Base64 von UTF-8-Text.") from error
    claimed = _MEDIA_TYPE.fullmatch(pairs.get("filetype", ""))
    media_type = UNKNOWN_TYPE if claimed is None else claimed[0][:200].lower()
    return safe_file_name(pairs.get("filename", "")), media_type, header
