"""Lists, opening and search over HTTP, at a server as `eakte serve` starts it, by one client and by eight at once."""

from __future__ import annotations

import itertools
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

from api.demo.server import HOST, Server, free_port
from api.pages.visits import SESSION_COOKIE
from benchmarks.access_domain import figure, kinds_of
from benchmarks.access_installation import Installation
from benchmarks.access_rows import NOUNS
from benchmarks.measures import Measure
from eakte.sign_in import issue_token

FIRST_PORT = 8400
LIMIT_MS = 50.0
CLIENTS = 8
WARM = 2
COMMON, RARER, RARE = NOUNS[3], NOUNS[60], NOUNS[700]
SEARCHES = {
    "1 word": RARER,
    "2 words": f"{COMMON} {RARER}",
    "3 words": f"{COMMON} {NOUNS[9]} {RARER}",
    "1 rare word": RARE,
}
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Running:
    """A server, and tokens of everybody who asks it."""

    server: Server
    tokens: Mapping[str, str]
    cookies: Mapping[str, str]

    def client(self, name: str) -> Client:
        """Somebody's connection, which stays open."""
        return Client(self.server.address, self.tokens[name], self.cookies[name])

    def sees(self, name: str) -> bool:
        """Whether a list of somebody's shows anything."""
        return bool(self.client(name).json("/api/v1/case-files?limit=1")["items"])


class Client:
    """Asks and reads the whole answer, with little work of its own: it shares the machine with who answers."""

    def __init__(self, address: str, token: str, cookie: str) -> None:
        where = urlsplit(address)
        self._connection = socket.create_connection((where.hostname, where.port), timeout=120)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._end = f" HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        self._page_end = f" HTTP/1.1\r\nHost: {where.netloc}\r\nCookie: {SESSION_COOKIE}={cookie}\r\n\r\n".encode()

    def get(self, path: str) -> bytes:
        """The body of a good answer."""
        self._connection.sendall(f"GET {path}".encode() + (self._end if "/api/" in path else self._page_end))
        answer = bytearray()
        while (head_end := answer.find(_HEAD_END)) < 0:
            answer += self._received()
        length = _LENGTH.search(answer, 0, head_end)
        if length is None or not answer.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"{path}: {bytes(answer[:500])!r}")
        body_begin = head_end + len(_HEAD_END)
        while len(answer) < body_begin + int(length[1]):
            answer += self._received()
        return bytes(answer[body_begin:])

    def _received(self) -> bytes:
        piece = self._connection.recv(1 << 18)
        if not piece:
            raise SystemExit("the server closed the connection")
        return piece

    def json(self, path: str) -> dict[str, Any]:
        """The answer as JSON."""
        told: dict[str, Any] = json.loads(self.get(path))
        return told


@contextmanager
def running(installation: Installation) -> Iterator[Running]:
    """Serve an installation, without workers; ended in order."""
    names = {name for names in kinds_of(installation.city).values() for name in names}
    with installation.database() as database, database.writing() as session:
        lifetime = timedelta(hours=12)
        tokens = {name: issue_token(session, name, lifetime=lifetime)[0] for name in sorted(names)}
        cookies = {name: issue_token(session, name, lifetime=lifetime, browser=True)[0] for name in sorted(names)}
    port, log = free_port(FIRST_PORT), installation.data_dir / "server.log"
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("EAKTE_")}
    settings = {"EAKTE_DATA_DIR": str(installation.data_dir), "EAKTE_DATABASE__URL": installation.url}
    command = [sys.executable, "-m", "api.command_line", "serve", "--host", HOST, "--port", str(port), "--no-workers"]
    with log.open("ab") as out:
        process = subprocess.Popen(command, env={**kept, **settings}, stdout=out, stderr=out, start_new_session=True)
    server = Server(f"http://{HOST}:{port}", process, log)
    try:
        server.wait_until_ready()
        yield Running(server, tokens, cookies)
    finally:
        server.stop()


@dataclass(frozen=True)
class Wishes:
    """What somebody asks for, by what it is called: paths to go round."""

    lists: Mapping[str, Sequence[str]]
    searches: Mapping[str, Sequence[str]]


def _wishes(client: Client) -> Wishes:
    first = client.json("/api/v1/case-files?limit=50")
    opened = [item["id"] for item in first["items"]][:20]
    lists = {"page 1": ["/api/v1/case-files?limit=50"]}
    if first["next_cursor"] is not None:
        lists["page 2"] = [f"/api/v1/case-files?limit=50&cursor={first['next_cursor']}"]
    if opened:
        lists["open a case file"] = [f"/api/v1/case-files/{id_}" for id_ in opened]
        lists["its documents"] = [f"/api/v1/case-files/{id_}/documents" for id_ in opened]
        documents = [client.json(path)["items"] for path in lists["its documents"]]
        held = [items[0]["id"] for items in documents if items]
        lists["open a document"] = [f"/api/v1/documents/{id_}" for id_ in held]
        lists["read its text"] = [f"/api/v1/documents/{id_}/text" for id_ in held]
        lists["open on the page"] = [f"/akten/{id_}" for id_ in opened]
    searches = {label: [f"/api/v1/search?q={quote(text)}"] for label, text in SEARCHES.items()}
    searches["1 word on the page"] = [f"/suche?q={quote(RARER)}"]
    return Wishes({label: paths for label, paths in lists.items() if paths}, searches)


def lists(installation: Installation, served: Running, *, rounds: int) -> Iterator[Measure]:
    """Pages of lists, and opening what stands in them."""
    yield from _measure(installation, served, lambda wishes: wishes.lists, rounds)


def searches(installation: Installation, served: Running, *, rounds: int) -> Iterator[Measure]:
    """Search with one to three words."""
    yield from _measure(installation, served, lambda wishes: wishes.searches, rounds)


def _measure(
    installation: Installation, served: Running, chosen: Callable[[Wishes], Mapping[str, Sequence[str]]], rounds: int
) -> Iterator[Measure]:
    people = {kind: names[0] for kind, names in kinds_of(installation.city).items()}
    asked = {kind: chosen(_wishes(served.client(name))) for kind, name in people.items()}
    for kind, name in people.items():
        for label, paths in asked[kind].items():
            times_ms = _ask(served.client(name), paths, rounds)
            yield figure(f"{installation.name}: HTTP, {label}, {kind}", times_ms, LIMIT_MS)
    for label in dict.fromkeys(label for wishes in asked.values() for label in wishes):
        takers = itertools.cycle([kind for kind in people if label in asked[kind]])
        eight = [next(takers) for _ in range(CLIENTS)]
        acts = [partial(_ask, served.client(people[kind]), asked[kind][label], rounds) for kind in eight]
        times_ms, each_s = _at_once(acts)
        told = f"{len(times_ms) / each_s:.0f} answers a second"
        yield figure(f"{installation.name}: HTTP, {label}, {CLIENTS} clients at once", times_ms, LIMIT_MS, told)


def _ask(client: Client, paths: Sequence[str], rounds: int) -> list[float]:
    times_ms = []
    for number, path in zip(range(rounds + WARM), itertools.cycle(paths), strict=False):
        began = time.perf_counter()
        client.get(path)
        if number >= WARM:
            times_ms.append((time.perf_counter() - began) * 1000)
    return times_ms


def _at_once(acts: Sequence[Callable[[], list[float]]]) -> tuple[list[float], float]:
    """What each took while all ran, and how long that was."""
    times_ms: list[float] = []
    threads = [threading.Thread(target=lambda act=act: times_ms.extend(act())) for act in acts]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times_ms, time.perf_counter() - began
