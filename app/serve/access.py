"""The guard before all addresses: the name that was asked for, the page that asks, and the token.

A page on the web can send requests to programs on the computer of whoever looks at it, and by DNS rebinding also
read the answers, under a name of its own. So ``Host`` must be a name of this computer, ``Origin`` this server.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import ipaddress
import re
import socket
from collections.abc import Mapping
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.serve.refusal import Refusal
from core.language.words import tr

PICTURES = "/pictures/"
"""Addresses of pictures: their names are secrets of their own, since clients open them without headers."""

LINGER_S = 5.0
"""The rest of a refused body is dropped for so long: a client that still sends would not see the answer."""

_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(:\d{1,5})?", re.ASCII)


class Access:
    """Passes on what has the token and comes from here.

    With ``is_open``, for a server that other computers can reach, addresses of any network count as its names.
    """

    def __init__(self, app: ASGIApp, token: str, *, is_open: bool = False) -> None:
        self._app = app
        self._token = token.encode()
        self._is_open = is_open
        own = socket.gethostname().lower() if is_open else "localhost"
        self._names = {"localhost", own, f"{own}.local"} if is_open else {own}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        body = _Body(receive, headers)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and not body.is_whole:
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
            if is_last and not body.is_whole:
                await send({**message, "more_body": True})
                await body.drop()
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        try:
            self._check(headers, scope["path"])
        except Refusal as refusal:
            await refusal.answer(scope["path"])(scope, body.receive, answer)
            return
        await self._app(scope, body.receive, answer)

    def _check(self, headers: Headers, path: str) -> None:
        """Raises Refusal."""
        host = headers.get("host", "").lower()
        name = match[1].strip("[]") if (match := _HOST.fullmatch(host)) else ""
        if not self._is_own(name):
            raise Refusal(403, tr("This server does not answer to that name (Host)."), "wrong_host")
        origins = headers.getlist("origin")
        if any(origin.lower() not in (f"http://{host}", f"https://{host}") for origin in origins):
            raise Refusal(403, tr("Pages of other origins are not answered (Origin)."), "wrong_origin")
        if not path.startswith(PICTURES) and not self._has_token(headers):
            sentence = tr("The token is missing or wrong: send it as “Authorization: Bearer TOKEN”.")
            raise Refusal(401, sentence, "invalid_api_key")

    def _is_own(self, name: str) -> bool:
        if name in self._names:
            return True
        with suppress(ValueError):
            address = ipaddress.ip_address(name)
            return self._is_open or address.is_loopback
        return False

    def _has_token(self, headers: Mapping[str, str]) -> bool:
        scheme, _, value = headers.get("authorization", "").partition(" ")
        given = value.strip().encode("utf-8", "replace")
        if scheme.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).partition(b":")[2]
            except binascii.Error:
                return False
        elif scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(given, self._token)


class _Body:
    """The body of a request, of which it is known when all has come."""

    def __init__(self, receive: Receive, headers: Headers) -> None:
        self._receive = receive
        self.is_whole = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self.is_whole = True
        return message

    async def drop(self) -> None:
        """Reads what is left, for a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while not self.is_whole:
                    await self.receive()
