"""Small PDF files to attach and to scan."""

from __future__ import annotations

import io
import zlib

from PIL import Image, ImageDraw


def text_pdf(*pages: str, padding_bytes: int = 0) -> bytes:
    """A born-digital PDF; a line break in a page's text begins a new line."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * index} 0 R" for index in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for index, text in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * index} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(_stream(text))
    body = bytearray(b"%PDF-1.7\n%" + b"x" * padding_bytes + b"\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return bytes(body) + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


def _stream(text: str) -> bytes:
    lines = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").split("\n")
    shown = "".join(f"({line}) Tj T* " for line in lines)
    packed = zlib.compress(f"BT /F1 14 Tf 20 TL 70 750 Td {shown}ET".encode("cp1252"))
    return b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(packed), packed)


def scanned_pdf(*pages: str) -> bytes:
    """A scan: pictures of text, which only recognition can read; a line break begins a new line."""
    pictures = []
    for text in pages:
        picture = Image.new("L", (1654, 2339), 255)
        ImageDraw.Draw(picture).multiline_text((180, 200), text, fill=0, font_size=44, spacing=24)
        pictures.append(picture)
    written = io.BytesIO()
    pictures[0].save(written, "PDF", save_all=True, append_images=pictures[1:], resolution=200)
    return written.getvalue()
