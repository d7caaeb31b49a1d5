"""Emptying a mailbox of a real IMAP server: every mail comes in once and leaves only when it is durable."""

from __future__ import annotations

import imaplib
import os
import socket
import ssl
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from sqlmodel import col, select

from api.mail import MailRound, empty_mailbox
from api.mailbox import Mailbox, quoted
from eakte.errors import Conflict, EakteError, Invalid, Unavailable
from eakte.intake import receive
from eakte.scan_tables import ScanBatch
from eakte.settings import MailSettings
from tests.api.city import City
from tests.ocr.mails import mail

IMAP_URL = os.environ.get("EAKTE_TEST_IMAP_URL", "")
pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(not IMAP_URL, reason="EAKTE_TEST_IMAP_URL names no IMAP server"),
]
DONE = "Erledigt & geprüft"
RECEIVED = '"30-Oct-2026 23:30:00 +0000"'


class Account:
    """A mailbox of this test alone, and the city that empties it."""

    def __init__(self, city: City, url: str, certificate: Path) -> None:
        address = urlsplit(url)
        self.city, self.user = city, f"post-{uuid4().hex[:12]}"
        self.host, self.port, self.password = str(address.hostname), int(address.port or 0), str(address.password)
        self.certificate = certificate
        self.lines: list[str] = []
        self.trusted = ssl.create_default_context(cafile=certificate)

    def settings(self, **changes: Any) -> MailSettings:
        usual = {
            "host": self.host, "port": self.port, "ca_file": self.certificate, "user": self.user,
            "password": self.password, "done_folder": DONE, "station": "scan-1",
        }  # fmt: skip
        return MailSettings.model_validate(usual | changes)

    def round(self, **changes: Any) -> MailRound:
        return MailRound(self.city.service, self.settings(**changes), self.lines.append, threading.Event())

    def signed_in(self) -> imaplib.IMAP4_SSL:
        connection = imaplib.IMAP4_SSL(self.host, self.port, ssl_context=self.trusted)
        connection.login(self.user, self.password)
        return connection

    def put(self, *contents: bytes, folder: str = "INBOX") -> None:
        with self.signed_in() as connection:
            for content in contents:
                kind, told = connection.append(quoted(folder), "", RECEIVED, content)
                assert kind == "OK", told

    def lying(self, folder: str = "INBOX") -> list[bytes]:
        """The mails of a folder, as they are."""
        with self.signed_in() as connection:
            kind, _ = connection.select(quoted(folder), readonly=True)
            if kind != "OK":
                return []
            numbers = connection.search(None, "ALL")[1][0].split()
            fetched = [connection.fetch(number.decode(), "(BODY.PEEK[])")[1][0] for number in numbers]
            return [part[1] for part in fetched if isinstance(part, tuple)]

    def batches(self) -> list[ScanBatch]:
        with self.city.service.database.reading() as session:
            return list(session.exec(select(ScanBatch).order_by(col(ScanBatch.id))))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What clients have to trust: the server's own certificate."""
    address = urlsplit(IMAP_URL)
    path = tmp_path_factory.mktemp("imap") / "cert.pem"
    path.write_text(ssl.get_server_certificate((str(address.hostname), int(address.port or 0))))
    return path


@pytest.fixture
def account(city: City, certificate: Path) -> Account:
    return Account(city, IMAP_URL, certificate)


@pytest.mark.parametrize("starttls", [False, True])
def test_a_mail_becomes_a_stack_as_it_was_received_and_leaves_the_folder(account: Account, starttls: bool) -> None:
    content = mail("Guten Tag", a_pdf=b"%PDF-1.7 eine Anlage").as_bytes().replace(b"\n", b"\r\n")
    account.put(content)
    by_another_port = {"security": "starttls", "port": account.port + 1} if starttls else {}

    account.round(**by_another_port).look()

    (batch,) = account.batches()
    assert (batch.station_id, batch.channel, batch.operator) == ("scan-1", "e-mail", "e-mail")
    assert batch.received_on.isoformat() == "2026-10-31", "the day in the city"
    with account.city.service.database.reading() as session:
        (file,) = receive.files_of(session, batch)
    assert account.city.service.blobs.open(file.sha256).read() == content
    assert (account.lying(), account.lying(DONE)) == ([], [content])
    account.city.work_off()
    with account.city.service.database.reading() as session:
        assert [row.file_name for row in receive.files_of(session, batch)] == ["nachricht.eml", "a.pdf"]


def test_several_megabytes_come_whole_and_what_is_durable_may_be_deleted(account: Account) -> None:
    content = b"From: a@example.org\r\nSubject: b\r\n\r\n" + b"Zeile mit Inhalt\r\n" * 150_000
    account.put(content, content)

    account.round(done_folder="").look()

    (batch,) = account.batches()
    with account.city.service.database.reading() as session:
        (file,) = receive.files_of(session, batch)
    assert account.city.service.blobs.open(file.sha256).read() == content
    assert account.lying() == []
    assert "war schon da" in account.lines[1], "the same mail twice is one"


@pytest.mark.parametrize("moment", ["before the records", "before it is removed"])
def test_killed_on_the_way_a_mail_comes_in_once(account: Account, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    account.put(mail().as_bytes())
    with monkeypatch.context() as patched:
        if moment == "before the records":
            patched.setattr(receive, "receive_batch", _killed)
        else:
            patched.setattr(Mailbox, "remove", _killed)
        with pytest.raises(KeyboardInterrupt):
            account.round().look()
    assert len(account.lying()) == 1

    account.round().look()

    assert len(account.batches()) == 1
    assert (len(account.lying()), len(account.lying(DONE))) == (0, 1)


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_server_without_move_is_served_by_copying(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.put(mail().as_bytes())
    init = Mailbox.__init__

    def without_move(self: Mailbox, *arguments: Any) -> None:
        init(self, *arguments)
        self._capabilities -= {"MOVE"}

    monkeypatch.setattr(Mailbox, "__init__", without_move)
    account.round().look()

    assert (len(account.lying()), len(account.lying(DONE)), len(account.batches())) == (0, 1, 1)


def test_what_is_too_large_goes_to_the_folder_of_the_refused_with_the_reason(account: Account) -> None:
    small, large = mail("klein").as_bytes(), mail("groß" * 2_000).as_bytes()
    account.put(large, small)
    work = account.round(max_message_bytes=5_000)

    work.look()

    assert (len(account.batches()), work.refused, account.lying()) == (1, 1, [])
    note, refused = account.lying("Abgelehnt")
    assert refused.replace(b"\r\n", b"\n") == large
    assert b"Nicht angenommen" in note
    assert b"MAX_MESSAGE_BYTES" in note
    assert "liegt in „Abgelehnt“" in account.lines[0]


class Cut:
    """A line to the server that breaks after so many bytes from it."""

    def __init__(self, to: tuple[str, int], after_bytes: int) -> None:
        self._to, self._left = to, after_bytes
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        ours, _ = self._listener.accept()
        with ours, socket.create_connection(self._to) as theirs, self._listener:
            upstream = threading.Thread(target=self._forward, args=(ours, theirs, 10**9), daemon=True)
            upstream.start()
            self._forward(theirs, ours, self._left)
            for end in (ours, theirs):
                end.shutdown(socket.SHUT_RDWR)
            upstream.join()

    def _forward(self, source: socket.socket, target: socket.socket, left: int) -> None:
        try:
            while left > 0 and (data := source.recv(min(left, 16_384))):
                target.sendall(data)
                left -= len(data)
        except OSError:
            return


def test_a_line_that_breaks_in_the_middle_of_a_mail_costs_nothing(account: Account) -> None:
    content = b"From: a@example.org\r\nSubject: b\r\n\r\n" + b"Zeile mit Inhalt\r\n" * 150_000
    account.put(content)
    line = Cut((account.host, account.port), after_bytes=1_500_000)

    with pytest.raises(Unavailable, match="abgebrochen"):
        account.round(port=line.port).look()
    assert (account.batches(), len(account.lying())) == ([], 1)

    account.round().look()
    assert (len(account.batches()), account.lying(DONE)) == (1, [content])


@pytest.mark.parametrize(
    ("changes", "kind", "told"),
    [
        pytest.param({"password": "falsch-und-geheim"}, Unavailable, "lässt „.*“ nicht hinein", id="password"),
        pytest.param({"password": "fälsch-und-geheim"}, Unavailable, "lässt „.*“ nicht hinein", id="umlaut"),
        pytest.param({"ca_file": None}, Unavailable, "Zertifikat .* nicht gültig", id="certificate"),
        pytest.param({"host": "localhost"}, Unavailable, "Zertifikat .* nicht gültig", id="another's certificate"),
        pytest.param({"host": "gibt-es-nicht.invalid"}, Unavailable, "gibt es nicht", id="host"),
        pytest.param({"port": 1}, Unavailable, "nicht zu erreichen", id="port"),
        pytest.param({"security": "starttls"}, Unavailable, "nicht zu erreichen", id="TLS where STARTTLS is meant"),
        pytest.param({"folder": "Gibt es nicht"}, Conflict, "Den Ordner „Gibt es nicht“", id="folder"),
        pytest.param({"password_file": Path("/gibt/es/nicht")}, Invalid, "Passwort fehlt", id="password file"),
        pytest.param({"station": "scan-9"}, EakteError, "scan-9|gibt es nicht", id="station"),
        pytest.param({"profile": "bunt"}, Invalid, "Scanprofil", id="profile"),
        pytest.param(
            {"host": "mail.example.org", "security": "none"}, Invalid, "eingestellt", id="no TLS to elsewhere"
        ),
        pytest.param({"refused_folder": "INBOX"}, Invalid, "eingestellt", id="a circle"),
    ],
)
def test_what_stands_in_the_way_is_told_and_no_secret_with_it(
    account: Account, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], kind: type[EakteError], told: str
) -> None:
    if "security" in changes:  # both sides wait for the other to speak first
        monkeypatch.setattr("api.mailbox._TIMEOUT_S", 1.0)
    account.put(mail().as_bytes())

    with pytest.raises(kind, match=told) as refusal:
        account.round(**changes).look()

    chain: list[BaseException] = [refusal.value]
    while (before := chain[-1].__cause__) is not None:
        chain.append(before)
    assert not any("geheim" in repr(error) or account.password in repr(error) for error in chain)
    assert (len(account.lying()), account.batches()) == (1, [])


def test_what_stands_in_the_way_is_told_once_and_tried_again(account: Account) -> None:
    account.put(mail().as_bytes())
    stopping = threading.Event()
    service = account.city.service
    settings = service.settings.model_copy(update={"mail": account.settings(folder="Später")})
    object.__setattr__(service, "settings", settings)

    def say(line: str) -> None:
        account.lines.append(line)
        if "Es wird weiter versucht" in line:
            with account.signed_in() as connection:
                connection.create(quoted("Später"))
            account.put(mail("später").as_bytes(), folder="Später")
        else:
            stopping.set()

    assert empty_mailbox(service, once=False, interval_s=0.05, stopping=stopping, say=say)

    assert ["Den Ordner „Später“" in line for line in account.lines] == [True, False]
    assert len(account.batches()) == 1
