"""One folder of a mailbox, over IMAP. What a server or the way to it gets wrong is `Unavailable`, in plain words.

Mails are read without marking them as seen, piece by piece, and leave the folder by one command where the server
knows MOVE; otherwise they are copied first. Source: RFC 3501, RFC 4315 (UID EXPUNGE), RFC 6851 (MOVE).
"""

from __future__ import annotations

import base64
import imaplib
import io
import ipaddress
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from eakte.clock import now
from eakte.errors import Conflict, FieldProblem, Invalid, Unavailable
from eakte.settings import MailSettings

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_TIMEOUT_S = 60.0
_PIECE_BYTES = 1024 * 1024
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_RECEIVED = re.compile(rb'INTERNALDATE "([^"]+)"')
_PIECE = re.compile(rb"BODY\[\]")


@dataclass(frozen=True)
class WaitingMail:
    """A mail in the folder.

    Attributes:
        size_bytes: As the server says; some say it inexactly.
        received_at: When it reached the server, UTC.
    """

    uid: str
    size_bytes: int
    received_at: datetime


class MailGone(Unavailable):
    """A mail is no longer in the folder."""


class Mailbox:
    """An open folder; made by `open_mailbox`."""

    def __init__(self, connection: imaplib.IMAP4, host: str) -> None:
        self._imap, self._host = connection, host
        with _understood(host):  # asked anew: before anybody has signed in, servers tell less
            told = b" ".join(_lines(connection.capability()[1]))
        self._capabilities = set(told.decode("ascii", "replace").upper().split())

    def waiting(self) -> list[str]:
        """UIDs of what lies in the folder and is not deleted, oldest first."""
        data = self._ask("SEARCH", "UNDELETED")
        return sorted((uid.decode() for line in data if isinstance(line, bytes) for uid in line.split()), key=int)

    def look_at(self, uid: str) -> WaitingMail | None:
        """What is known of a mail; None when somebody has taken it away meanwhile."""
        told = b" ".join(_lines(self._ask("FETCH", uid, "(RFC822.SIZE INTERNALDATE)")))
        size, received = _SIZE.search(told), _RECEIVED.search(told)
        if size is None:
            return None
        return WaitingMail(uid, int(size[1]), now() if received is None else _moment(received[1].decode("ascii")))

    def content(self, uid: str, at_most: int) -> io.BufferedReader:
        """The mail as received, fetched while it is read; more bytes than that are Invalid."""
        return io.BufferedReader(_Pieces(self, uid, at_most), _PIECE_BYTES)

    def piece(self, uid: str, first: int) -> bytes:
        """Some bytes of a mail; none behind its end.

        Raises:
            MailGone: Somebody has taken it away meanwhile.
        """
        data = self._ask("FETCH", uid, f"(BODY.PEEK[]<{first}.{_PIECE_BYTES}>)")
        for part in data:
            if isinstance(part, tuple) and _PIECE.search(part[0]):
                return bytes(part[1])
            if isinstance(part, bytes) and _PIECE.search(part):
                return b""  # written as an empty string, or as nothing at all
        raise MailGone("Die E-Mail wurde inzwischen von jemand anderem weggenommen.")

    def remove(self, uid: str, to: str) -> None:
        """Take a mail out of the folder.

        Args:
            to: Folder it goes to, made when it is not there; empty: it is deleted.
        """
        if to and "MOVE" in self._capabilities:
            self._into(to, "MOVE", uid)
            return
        if to:
            self._into(to, "COPY", uid)
        self._ask("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)")
        if "UIDPLUS" in self._capabilities:  # without it others' deleted mails would go as well
            self._ask("EXPUNGE", uid)

    def add(self, folder: str, message: bytes) -> None:
        """Put a message of ours into a folder, made when it is not there."""
        name = quoted(folder)
        with _understood(self._host):
            kind, data = self._imap.append(name, "", "", message)
            if kind != "OK":
                self._imap.create(name)
                kind, data = self._imap.append(name, "", "", message)
        _check(kind, data, f"In den Ordner „{folder}“ lässt sich nichts legen")

    def select(self, folder: str) -> None:
        """Open a folder.

        Raises:
            Conflict: There is none of this name.
        """
        with _understood(self._host):
            kind, data = self._imap.select(quoted(folder))
        if kind != "OK":
            raise Conflict(f"Den Ordner „{folder}“ gibt es im Postfach nicht{_words(data)}.")

    def _into(self, folder: str, how: str, uid: str) -> None:
        name = quoted(folder)
        with _understood(self._host):
            kind, data = self._command(how, uid, name)
            if kind != "OK":
                self._imap.create(name)
                kind, data = self._command(how, uid, name)
        _check(kind, data, f"In den Ordner „{folder}“ lässt sich keine E-Mail verschieben")

    def _ask(self, command: str, *arguments: str) -> list[Any]:
        with _understood(self._host):
            kind, data = self._command(command, *arguments)
        _check(kind, data, f"Der Mailserver lehnt „{command}“ ab")
        return data

    def _command(self, command: str, *arguments: str) -> tuple[str, list[Any]]:
        if command == "SEARCH":
            return self._imap.uid("SEARCH", None, *arguments)  # type: ignore[arg-type]
        return self._imap.uid(command, *arguments)


class _Pieces(io.RawIOBase):
    """A mail that comes piece by piece."""

    def __init__(self, mailbox: Mailbox, uid: str, at_most: int) -> None:
        self._mailbox, self._uid, self._at, self._at_most = mailbox, uid, 0, at_most
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, target: WriteableBuffer, /) -> int:
        with memoryview(target) as view:
            if not self._rest:
                self._rest = self._mailbox.piece(self._uid, self._at)
                self._at += len(self._rest)
                if self._at > self._at_most:
                    raise too_large(self._at_most)
            count = min(len(view), len(self._rest))
            view[:count], self._rest = self._rest[:count], self._rest[count:]
            return count


@contextmanager
def open_mailbox(settings: MailSettings) -> Iterator[Mailbox]:
    """Sign in and open the folder; nothing of the password reaches an error or a log.

    Raises:
        Invalid: The settings cannot be right.
        Unavailable: The server is not there, does not prove who it is, or does not let us in.
        Conflict: There is no such folder.
    """
    check_settings(settings)
    connection = _connected(settings)
    try:
        _sign_in(connection, settings)
        mailbox = Mailbox(connection, settings.host)
        mailbox.select(settings.folder)
        yield mailbox
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            connection.logout()
        with suppress(OSError):  # a line that broke is not closed by signing out
            connection.shutdown()


def check_settings(settings: MailSettings) -> None:
    """Refuse what cannot be right.

    Raises:
        Invalid: Naming the variables.
    """
    missing = [name for name in ("host", "user", "station") if not getattr(settings, name)]
    problems = [FieldProblem(f"/EAKTE_MAIL__{name.upper()}", "Diese Einstellung fehlt.") for name in missing]
    if settings.security == "none" and not _is_this_machine(settings.host):
        detail = "Ohne TLS geht es nur zu einem Server auf diesem Rechner; bitte tls oder starttls."
        problems.append(FieldProblem("/EAKTE_MAIL__SECURITY", detail))
    if settings.done_folder == settings.folder or settings.refused_folder in ("", settings.folder):
        detail = "Erledigte und abgelehnte E-Mails brauchen einen anderen Ordner als die neuen."
        problems.append(FieldProblem("/EAKTE_MAIL__FOLDER", detail))
    if problems:
        raise Invalid("Das Postfach ist nicht vollständig eingestellt.", *problems)


def too_large(at_most: int) -> Invalid:
    """What is told of a mail with more bytes than that."""
    return Invalid(f"Sie ist größer als {at_most // 1024**2} MiB (EAKTE_MAIL__MAX_MESSAGE_BYTES).")


def quoted(folder: str) -> str:
    """A folder's name as IMAP writes it: modified UTF-7, in quotation marks. Source: RFC 3501, 5.1.3."""

    def encoded(found: re.Match[str]) -> str:
        packed = base64.b64encode(found[0].encode("utf-16-be")).rstrip(b"=").replace(b"/", b",")
        return f"&{packed.decode('ascii')}-"

    plain = re.sub(r"[^\x20-\x7e]+", encoded, folder.replace("&", "&-"))
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _connected(settings: MailSettings) -> imaplib.IMAP4:
    port = settings.port or (993 if settings.security == "tls" else 143)
    with _understood(settings.host, f"Der Mailserver {settings.host}:{port} ist nicht zu erreichen"):
        if settings.security == "none":
            return imaplib.IMAP4(settings.host, port, _TIMEOUT_S)
        trusted = ssl.create_default_context(cafile=settings.ca_file)
        if settings.security == "tls":
            return imaplib.IMAP4_SSL(settings.host, port, ssl_context=trusted, timeout=_TIMEOUT_S)
        connection = imaplib.IMAP4(settings.host, port, _TIMEOUT_S)
        try:
            connection.starttls(trusted)
        except BaseException:
            connection.shutdown()
            raise
        return connection


def _sign_in(connection: imaplib.IMAP4, settings: MailSettings) -> None:
    password = _password(settings)
    try:
        if "AUTH=PLAIN" in connection.capabilities:
            answer = f"\0{settings.user}\0{password}".encode()
            connection.authenticate("PLAIN", lambda _: answer)
        else:
            connection.login(settings.user, password)
    except imaplib.IMAP4.abort as error:
        raise Unavailable(f"Die Verbindung zum Mailserver {settings.host} ist abgebrochen.") from error
    except (imaplib.IMAP4.error, UnicodeEncodeError):
        # Without its cause: what the library says may quote what was sent.
        raise Unavailable(
            f"Der Mailserver {settings.host} lässt „{settings.user}“ nicht hinein; "
            "bitte EAKTE_MAIL__USER und das Passwort prüfen."
        ) from None
    except OSError as error:
        raise Unavailable(f"Die Verbindung zum Mailserver {settings.host} ist abgebrochen ({error}).") from error


def _password(settings: MailSettings) -> str:
    if settings.password_file is None:
        return settings.password.get_secret_value()
    try:
        return settings.password_file.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        detail = "Die Datei mit dem Passwort lässt sich nicht lesen; bitte Pfad und Zugriffsrechte prüfen."
        raise Invalid("Das Passwort fehlt.", FieldProblem("/EAKTE_MAIL__PASSWORD_FILE", detail)) from error


@contextmanager
def _understood(host: str, what: str = "") -> Iterator[None]:
    """What the network and the server say, in plain words."""
    lost = what or f"Die Verbindung zum Mailserver {host} ist abgebrochen"
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise Unavailable(
            f"Das Zertifikat des Mailservers {host} ist nicht gültig ({error.verify_message}); "
            "bitte den Namen, das Ablaufdatum und EAKTE_MAIL__CA_FILE prüfen."
        ) from error
    except ssl.SSLError as error:
        raise Unavailable(f"{lost}: TLS kommt nicht zustande ({error.reason or error}).") from error
    except socket.gaierror as error:
        raise Unavailable(f"Den Mailserver {host} gibt es nicht; bitte EAKTE_MAIL__HOST prüfen.") from error
    except imaplib.IMAP4.error as error:
        raise Unavailable(f"{lost} ({error}).") from error
    except OSError as error:
        raise Unavailable(f"{lost} ({error.strerror or error}).") from error


def _check(kind: str, data: list[Any], what: str) -> None:
    if kind != "OK":
        raise Unavailable(f"{what}{_words(data)}.")


def _words(data: list[Any]) -> str:
    """The server's own words, in brackets."""
    text = b" ".join(_lines(data)).decode("utf-8", "replace").strip()
    return f" ({text})" if text else ""


def _lines(data: list[Any]) -> Iterator[bytes]:
    for part in data:
        if isinstance(part, tuple):
            yield part[0]
        elif isinstance(part, bytes):
            yield part


def _moment(written: str) -> datetime:
    """An INTERNALDATE, such as `30-Oct-2026 23:30:00 +0000`."""
    try:
        return parsedate_to_datetime(written.strip().replace("-", " ", 2)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return now()


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
