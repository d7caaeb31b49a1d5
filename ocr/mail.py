"""Reads an e-mail, inside a child process: who wrote what to whom, and the files that came along.

Whatever senders get wrong (unknown character sets, raw bytes in headers, missing names, broken MIME) costs at most
the part it stands in: the mail itself is kept as it was received.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import policy
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from eakte.clock import in_city
from eakte.errors import Unreadable
from eakte.file_names import safe_file_name
from eakte.paper import MAIL, Enclosure

MOST_ENCLOSURES = 500
_DEEPEST = 8
_LARGEST_LOGO_BYTES = 40_000
_KEEP_BYTES = policy.compat32.clone(mangle_from_=False)
_HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:")
_TELLING = frozenset(
    b"from to cc date subject received message-id mime-version return-path delivered-to sender reply-to".split()
)
_STAYS_INSIDE = frozenset(
    {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature",
     "message/delivery-status", "message/disposition-notification", "text/rfc822-headers"}
)  # fmt: skip
_CID = re.compile(r"cid:([^\"'\s>)]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Mail:
    """What a mail says, for reading.

    Attributes:
        headers: Name in German and value, in the order they are to be shown; only those that are there.
        enclosed: Names of the files that came along.
    """

    subject: str
    headers: tuple[tuple[str, str], ...]
    text: str
    enclosed: tuple[str, ...]


@dataclass(frozen=True)
class _Part:
    """A file in a mail.

    Attributes:
        depth: 1 for what is enclosed in the mail itself, more in mails within.
    """

    message: Any
    depth: int
    name: str


def looks_like_mail(head: bytes) -> bool:
    """Whether the first bytes of a file are the headers of a mail."""
    known: set[bytes] = set()
    for line in head.lstrip(b"\xef\xbb\xbf\r\n").splitlines()[:-1]:
        if not line:
            break
        if line[:1] in b" \t" or (not known and line.startswith(b"From ")):
            continue
        header = _HEADER.match(line)
        if header is None:
            return False
        known.add(header[1].lower())
    return len(known & _TELLING) >= 2


def read_mail(path: Path) -> Mail:
    """Read a mail.

    Raises:
        Unreadable: It cannot be taken apart at all.
    """
    message = _parsed(path)
    enclosed = tuple(part.name for part in _enclosed(message) if part.depth == 1)
    wanted = {"From": "Von", "To": "An", "Cc": "Kopie", "Date": "Datum", "Subject": "Betreff"}
    found = [(german, _header(message, name)) for name, german in wanted.items()]
    headers = tuple((name, _day_and_time(value) if name == "Datum" else value) for name, value in found if value)
    return Mail(_header(message, "Subject"), headers, _body(message), enclosed)


def take_apart(path: Path, folder: Path) -> Iterator[Enclosure]:
    """Write what is enclosed in a mail, and in mails within it, to files of their own.

    Yields:
        Each as soon as it is written, in the order of the mail; a mail within before what is in that.
    """
    for number, part in enumerate(_enclosed(_parsed(path)), start=1):
        target = folder / str(number)
        target.write_bytes(_content(part.message))
        yield Enclosure(target.name, part.name, part.message.get_content_type()[:200])


def _parsed(path: Path) -> Message:
    try:
        with path.open("rb") as file:
            return BytesParser(policy=_KEEP_BYTES).parse(file)
    except (MessageError, ValueError, LookupError) as error:
        raise Unreadable("mail_damaged", "Die E-Mail ist beschädigt und lässt sich nicht lesen.") from error


def _enclosed(message: Message) -> list[_Part]:
    """What is enclosed, each under a name of its own.

    Signatures, reports of delivery and small pictures that the text shows stay in the mail alone.
    """
    parts: list[_Part] = []
    for part in _walk(message, 1, _shown_pictures(message)):
        if len(parts) == MOST_ENCLOSURES:
            raise Unreadable(
                "too_many_enclosures", f"Die E-Mail hat mehr als {MOST_ENCLOSURES} Anlagen; bitte von Hand ablegen."
            )
        parts.append(replace(part, name=_name(part.message, len(parts) + 1)))
    return parts


def _walk(message: Any, depth: int, shown: set[str]) -> Iterator[_Part]:
    kind = message.get_content_type()
    if kind == MAIL and depth > 0 and message.is_multipart():
        inner = message.get_payload(0)
        yield _Part(message, depth, "")
        if depth < _DEEPEST:
            yield from _inside(inner, depth + 1, _shown_pictures(inner))
    elif message.is_multipart():
        for part in message.get_payload():
            yield from _walk(part, depth, shown)
    elif not _is_text_of_mail(message) and kind not in _STAYS_INSIDE and not _is_shown(message, shown):
        yield _Part(message, depth, "")


def _inside(message: Any, depth: int, shown: set[str]) -> Iterator[_Part]:
    parts = message.get_payload() if message.is_multipart() else [message]
    for part in parts:
        yield from _walk(part, depth, shown)


def _kind(part: Any) -> str:
    """The kind of a part; what says that it has parts and has none is text."""
    kind = str(part.get_content_type())
    return "text/plain" if kind.startswith("multipart/") and not part.is_multipart() else kind


def _is_text_of_mail(part: Any) -> bool:
    if _kind(part) not in ("text/plain", "text/html"):
        return False
    return part.get_content_disposition() != "attachment" and not _raw_name(part)


def _is_shown(part: Any, shown: set[str]) -> bool:
    """Whether it is a logo or the like; a photograph of a letter that somebody put into the text is not."""
    if part.get_content_maintype() != "image" or str(part.get("Content-ID", "")).strip().strip("<>") not in shown:
        return False
    return len(_content(part)) <= _LARGEST_LOGO_BYTES


def _shown_pictures(message: Any) -> set[str]:
    """Content ids that the mail's own texts name."""
    texts = (_text(part) for part in _own_parts(message) if part.get_content_type() == "text/html")
    return {cid for text in texts for cid in _CID.findall(text)}


def _own_parts(message: Any) -> Iterator[Any]:
    """The leaves of a mail, without those of mails within."""
    if message.get_content_type() == MAIL:
        return
    if not message.is_multipart():
        yield message
        return
    for part in message.get_payload():
        yield from _own_parts(part)


def _content(part: Any) -> bytes:
    if part.get_content_type() == MAIL and part.is_multipart():
        return bytes(part.get_payload(0).as_bytes(policy=_KEEP_BYTES))
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _name(part: Any, number: int) -> str:
    """What a file is to be called: as its sender did, else by its kind; never a way to anywhere."""
    name = safe_file_name(_decoded(_raw_name(part)))
    if name:
        return name
    kind = part.get_content_type()
    if kind == MAIL and part.is_multipart():
        return safe_file_name(f"{_header(part.get_payload(0), 'Subject')[:150] or f'E-Mail {number}'}".strip()) + ".eml"
    return f"Anlage {number}{mimetypes.guess_extension(kind) or ''}"


def _raw_name(part: Any) -> str:
    try:
        return str(part.get_filename() or "")
    except (LookupError, ValueError, TypeError):  # a character set nobody knows, or half a parameter
        return ""


def _header(message: Any, name: str) -> str:
    """A header's value on one line; the first where it stands twice."""
    values = (value for key, value in message.raw_items() if key.lower() == name.lower())
    return " ".join(_decoded(next(values, "")).split())


def _decoded(value: Any) -> str:
    """Text of a header: encoded words decoded, raw bytes guessed."""
    raw = str(value)
    try:
        pieces = decode_header(_from_bytes(raw.encode("ascii", "surrogateescape"), None)) if raw.strip() else []
    except (HeaderParseError, UnicodeError, ValueError):
        return _harmless(raw)
    texts = [piece if isinstance(piece, str) else _from_bytes(piece, charset) for piece, charset in pieces]
    return _harmless("".join(texts))


def _from_bytes(content: bytes, charset: str | None) -> str:
    """Bytes as text in the character set they claim, else in one of those that are usual."""
    for name in (charset, "utf-8", "cp1252"):
        try:
            if name:
                return content.decode(name)
        except (LookupError, ValueError):
            continue
    return content.decode("latin-1")


def _harmless(text: str) -> str:
    """Without characters that nothing shows and rows cannot keep."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(sign if sign in "\n\t" or sign.isprintable() or sign == "\u00ad" else " " for sign in whole)


def _day_and_time(value: str) -> str:
    try:
        moment = parsedate_to_datetime(value)
        return f"{in_city(moment) if moment.tzinfo else moment:%d.%m.%Y %H:%M}"
    except (ValueError, TypeError, OverflowError):
        return value


def _text(part: Any) -> str:
    content = _content(part)
    try:
        charset = part.get_content_charset()
    except (LookupError, ValueError, TypeError):
        charset = None
    return _from_bytes(content, charset)


def _body(message: Any) -> str:
    """The mail's own text: plain where there is one, else what its HTML says."""
    texts = {kind: [] for kind in ("text/plain", "text/html")}  # type: dict[str, list[str]]
    for part in _own_parts(message):
        if _is_text_of_mail(part):
            texts[_kind(part)].append(_text(part))
    plain = "\n\n".join(texts["text/plain"]).replace("\r\n", "\n").replace("\r", "\n")
    if not plain.strip():
        plain = "\n\n".join(_words_of_html(text) for text in texts["text/html"])
    return _harmless(plain).strip()


def _words_of_html(text: str) -> str:
    reading = _Html()
    reading.feed(text)
    reading.close()
    lines = (" ".join(line.split()) for line in "".join(reading.found).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


class _Html(HTMLParser):
    """Gathers the words of HTML, and a new line where a block begins or ends."""

    _BLOCKS = frozenset({"p", "div", "br", "tr", "li", "table", "ul", "ol", "blockquote", "hr", "pre",
                         "h1", "h2", "h3", "h4", "h5", "h6"})  # fmt: skip
    _UNSEEN = frozenset(["script", "style", "head", "title", "template"])

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in self._UNSEEN
        if tag in self._BLOCKS:
            self.found.append("\n")
        elif tag == "td":
            self.found.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        if tag in self._BLOCKS:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.found.append(data.replace("\n", " ").replace("\r", " "))
