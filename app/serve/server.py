"""Runs the door: its socket, the limits of its connections, its beginning and its end."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import h11
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.serve import automatic_routes, openai_routes
from app.serve.access import Access
from app.serve.door import Door
from app.serve.refusal import Refusal, on_error
from core.errors import EmulsionError, InvalidRequest
from core.files.atomic import words_of
from core.language.words import tr

MOST_CONNECTIONS = 64
HEAD_S = 10.0
"""A client has so long for the first lines of a request."""

_LARGEST_HEAD = 32 * 2**10
_KEEP_ALIVE_S = 10
_CLOSING_S = 10


class BoundedProtocol(H11Protocol):
    """A connection that is cut off if no request comes, and refused where there are too many."""

    head_s = HEAD_S

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._deadline: asyncio.TimerHandle | None = None
        if len(self.connections) > MOST_CONNECTIONS:
            refusal = Refusal(503, tr("Too many connections at once; try it again in a moment."))
            content = json.dumps(refusal.content).encode()
            head = f"HTTP/1.1 503 Service Unavailable\r\nContent-Length: {len(content)}\r\nConnection: close\r\n"
            transport.write(f"{head}Content-Type: application/json\r\nRetry-After: 5\r\n\r\n".encode() + content)
            transport.close()
            return
        self._watch()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unwatch()

    def _watch(self) -> None:
        """Begins the time for the lines of a request, or ends it when all are there."""
        if self.conn.their_state is not h11.IDLE:
            self._unwatch()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.head_s, self.transport.close)

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _Server(uvicorn.Server):
    """Ends the jobs before it waits for the answers to them."""

    def __init__(self, config: uvicorn.Config, close: Callable[[], None], begun: Callable[[], None]) -> None:
        super().__init__(config)
        self._close = close
        self._begun = begun

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ends the server as it is meant to be; the base class would raise the signal again afterwards."""
        self.force_exit = self.should_exit
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._begun()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await asyncio.to_thread(self._close)
        await super().shutdown(sockets)


def application(door: Door) -> Starlette:
    """Returns all addresses without the guard."""
    handlers: dict[Any, Any] = dict.fromkeys((Refusal, EmulsionError, HTTPException, Exception), on_error)
    return Starlette(
        routes=[*openai_routes.routes(door), *automatic_routes.routes(door)], exception_handlers=handlers
    )


def listen(host: str, port: int) -> socket.socket:
    """Returns a socket of an address. Raises InvalidRequest where it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise InvalidRequest("host", host, tr("a name or an address of this computer")) from error
    made = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # there it would let two programs have one port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(MOST_CONNECTIONS)  # until then Linux lets another program bind it, too
    except OSError as error:
        made.close()
        sentence = tr(
            "{host}:{port} cannot be used: {reason}. Choose another one with --port.",
            host=host,
            port=port,
            reason=words_of(error),
        )
        raise InvalidRequest("port", port, "", sentence=sentence) from error
    return made


def server(door: Door, token: str, begun: Callable[[], None], *, is_open: bool = False) -> uvicorn.Server:
    """Returns what serves sockets until Ctrl+C or SIGTERM; ``begun`` is called when requests are answered."""
    config = uvicorn.Config(
        Access(application(door), token, is_open=is_open),
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=_LARGEST_HEAD,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_CLOSING_S,
    )
    return _Server(config, door.jobs.close, begun)
