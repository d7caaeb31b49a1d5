"""Which process answers which connection: the first takes them in and deals them out in turn.

Left to the kernel, processes that share a listener get uneven shares, and a browser keeps its connection for hours.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Sequence

import uvicorn
from fastapi import FastAPI

from api.body_intake import BodyProtocol

log = logging.getLogger(__name__)

STOP_WITHIN_S = 5
"""Requests under way at the end get this long."""

PAUSE_S = 1.0

AT_A_TIME = 16
"""Connections a sibling takes over at once."""


class _Answering(uvicorn.Server):
    """Answers connections that were accepted elsewhere."""

    def __init__(self, application: FastAPI, source: socket.socket) -> None:
        config = uvicorn.Config(
            application,
            http=BodyProtocol,
            loop="asyncio",  # which BodyProtocol needs
            log_level="warning",
            timeout_graceful_shutdown=STOP_WITHIN_S,
            server_header=False,
            proxy_headers=True,
        )
        super().__init__(config)
        self._source = source
        self._beginning: set[asyncio.Task[object]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=[])
        self._source.setblocking(False)
        self._go_on()

    def _go_on(self) -> None:
        if self._source.fileno() >= 0:  # not closed meanwhile
            asyncio.get_running_loop().add_reader(self._source, self._next)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().remove_reader(self._source)
        self._source.close()
        await super().shutdown(sockets=[])

    def _next(self) -> None:
        """Called when there is something to be had from the source."""
        raise NotImplementedError

    def _answer(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        task = loop.create_task(loop.connect_accepted_socket(self._protocol, connection))
        self._beginning.add(task)  # the loop itself holds tasks only weakly
        task.add_done_callback(self._beginning.discard)

    def _protocol(self) -> asyncio.Protocol:
        return BodyProtocol(self.config, self.server_state, self.lifespan.state)


class FrontServer(_Answering):
    """Takes connections in, answers its share and deals out the others.

    Args:
        listener: Its own from now on.
        siblings: A channel to each; its other end is a `SiblingServer`'s.
    """

    def __init__(self, application: FastAPI, listener: socket.socket, siblings: Sequence[socket.socket]) -> None:
        super().__init__(application, listener)
        self._siblings = siblings
        self._ready: list[socket.socket] = []
        self._dealt = 0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        for channel in self._siblings:
            channel.setblocking(False)
            asyncio.get_running_loop().add_reader(channel, self._is_ready, channel)
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for channel in self._siblings:
            asyncio.get_running_loop().remove_reader(channel)
        await super().shutdown(sockets)

    def _is_ready(self, channel: socket.socket) -> None:
        channel.recv(AT_A_TIME)
        if channel not in self._ready:
            self._ready.append(channel)

    def _next(self) -> None:
        try:
            connection, _ = self._source.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            # Too many open files: the caller waits in line until some are closed, and we do not ask in vain meanwhile.
            log.warning("cannot take in a connection (%s); trying again", error.strerror)
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._source)
            loop.call_later(PAUSE_S, self._go_on)
            return
        self._dealt += 1
        turn = self._dealt % (1 + len(self._ready))
        if turn and _handed_over(connection, self._ready[turn - 1]):
            connection.close()
        else:
            self._answer(connection)


def _handed_over(connection: socket.socket, channel: socket.socket) -> bool:
    try:
        socket.send_fds(channel, [b"c"], [connection.fileno()])
    except OSError:  # it is being started again, and many wait for it already
        return False
    return True


class SiblingServer(_Answering):
    """Answers what the front server deals to it; ends when that one is gone, however it went.

    Args:
        channel: Where connections come from.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._source.send(b"r")

    def _next(self) -> None:
        try:
            told, descriptors, _, _ = socket.recv_fds(self._source, AT_A_TIME, AT_A_TIME)
        except BlockingIOError:
            return
        if not told:
            self.should_exit = True
            asyncio.get_running_loop().remove_reader(self._source)
        for descriptor in descriptors:
            self._answer(socket.socket(fileno=descriptor))
