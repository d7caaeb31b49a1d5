"""Bytes on their way out: whole or a range, verified, never in memory as a whole."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from api.problems import RangeNotSatisfiable
from eakte.ports import BlobStore
from eakte.reading import Content, open_content

CHUNK_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def send_content(request: Request, blobs: BlobStore, content: Content, *, inline: bool = False) -> Response:
    """Answer with bytes.

    A single range is honoured (RFC 9110, section 14); several at once are answered with the whole. The
    digest is that of the whole representation (RFC 9530). Damaged bytes break the connection before the
    last chunk, so that nobody takes them for whole.

    Raises:
        RangeNotSatisfiable: The range begins after the end.
    """
    digest = base64.b64encode(bytes.fromhex(content.sha256)).decode()
    headers = {
        "ETag": f'"{content.sha256}"',
        "Accept-Ranges": "bytes",
        "Repr-Digest": f"sha-256=:{digest}:",
        "Content-Disposition": _disposition(content.file_name, inline=inline),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    known = request.headers.get("if-none-match", "")
    if f'"{content.sha256}"' in known or known.strip() == "*":
        return Response(status_code=304, headers=headers)
    wanted = _wanted_range(request, content)
    if wanted is None:
        headers["Content-Length"] = str(content.size_bytes)
        stream = open_content(blobs, content)
        return StreamingResponse(_chunks(stream), 200, headers, media_type=content.media_type)
    first, last = wanted
    headers["Content-Range"] = f"bytes {first}-{last}/{content.size_bytes}"
    headers["Content-Length"] = str(last - first + 1)
    stream = open_content(blobs, content, first=first, length=last - first + 1)
    return StreamingResponse(_chunks(stream), 206, headers, media_type=content.media_type)


def _wanted_range(request: Request, content: Content) -> tuple[int, int] | None:
    header = request.headers.get("range", "")
    if_range = request.headers.get("if-range")
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", "") or if_range not in (None, f'"{content.sha256}"'):
        return None
    start, end = match.groups()
    if start == "":
        first, last = max(0, content.size_bytes - int(end)), content.size_bytes - 1
    else:
        first, last = int(start), min(int(end) if end else content.size_bytes - 1, content.size_bytes - 1)
    if first > last or first >= content.size_bytes:
        raise RangeNotSatisfiable(content.size_bytes)
    return first, last


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk


def _disposition(file_name: str, *, inline: bool) -> str:
    """With a plain twin for old clients (RFC 6266)."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", file_name) or "dokument"
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name or plain, safe='')}"
