"""Reads the bodies of requests: bounded in size, in time, and in what all of them take at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from app.serve.refusal import Refusal
from core.files.sizes import size_text
from core.language.words import tr

LARGEST = 64 * 2**20
LARGEST_TOGETHER = 2 * LARGEST
IDLE_S, WHOLE_S = 15.0, 120.0
"""The longest pause in a body, and the longest time for all of it."""

_MOST_FILES, _MOST_FIELDS = 16, 64


class Bodies:
    """All bodies that are being read. Used in the thread of the event loop only.

    Attributes:
        idle_s, whole_s: as `IDLE_S` and `WHOLE_S`.
    """

    def __init__(self, idle_s: float = IDLE_S, whole_s: float = WHOLE_S) -> None:
        self.idle_s = idle_s
        self.whole_s = whole_s
        self._held = 0

    @asynccontextmanager
    async def json(self, request: Request) -> AsyncGenerator[dict[str, Any]]:
        """Yields the object that a body is; its room is taken until the block ends. Raises Refusal."""
        async with self._bounded(request) as bounded:
            body = bytearray()
            async for chunk in bounded.stream():
                body += chunk
            try:
                content = await asyncio.to_thread(json.loads, body or b"{}")
            except (ValueError, RecursionError) as error:
                raise Refusal(400, tr("The body is not readable JSON."), "invalid_json") from error
            del body  # as large as what was read from it
            if not isinstance(content, dict):
                raise Refusal(400, tr("The body must be a JSON object."), "invalid_json")
            yield cast("dict[str, Any]", content)

    @asynccontextmanager
    async def form(self, request: Request) -> AsyncGenerator[tuple[dict[str, Any], list[tuple[str, UploadFile]]]]:
        """Yields the texts and the files of a form; large files lie on the disk meanwhile. Raises Refusal."""
        kind = request.headers.get("content-type", "")
        if not kind.lower().startswith("multipart/form-data"):
            raise Refusal(400, tr("The body must be a form (multipart/form-data)."))
        async with (
            self._bounded(request) as bounded,
            bounded.form(max_files=_MOST_FILES, max_fields=_MOST_FIELDS) as form,
        ):
            items = form.multi_items()
            texts: dict[str, Any] = {name: text for name, text in items if isinstance(text, str)}
            yield texts, [(name, file) for name, file in items if isinstance(file, UploadFile)]

    @asynccontextmanager
    async def _bounded(self, request: Request) -> AsyncGenerator[Request]:
        taken = 0
        length = request.headers.get("content-length", "")
        if length.isdecimal() and (len(length) > 15 or int(length) > LARGEST):
            raise _too_large()

        time = asyncio.get_running_loop().time
        end = time() + self.whole_s

        async def receive() -> Message:
            nonlocal taken
            # one limit for both: `asyncio.wait_for` may swallow that of another around it in Python 3.11
            async with asyncio.timeout_at(min(time() + self.idle_s, end)):
                message = await request.receive()
            size = len(message.get("body", b""))
            taken, self._held = taken + size, self._held + size
            if taken > LARGEST:
                raise _too_large()
            if self._held > LARGEST_TOGETHER:
                raise Refusal(503, tr("Too many large requests at once; try it again in a moment."))
            return message

        try:
            yield Request(request.scope, receive)
        except TimeoutError as error:
            raise Refusal(408, tr("The request came too slowly, and was cut off.")) from error
        except ClientDisconnect as error:
            raise Refusal(400, tr("The request was cut off.")) from error
        finally:
            self._held -= taken


def _too_large() -> Refusal:
    return Refusal(413, tr("The request is larger than {size}.", size=size_text(LARGEST)), "too_large")
