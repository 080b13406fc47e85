"""All that the addresses share: models, queue, bodies, and what came with requests."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from starlette.requests import Request

from app.messages.prompt_notes import prompt_notes
from app.serve.bodies import Bodies
from app.serve.jobs import Jobs, Made, Noted, Told
from app.serve.models import Served
from app.serve.received import Received
from app.serve.refusal import Refusal
from core.language.words import tr
from core.request.numbering import numbered, seeded
from core.request.request import GenerationRequest

NOTES = "X-Emulsion-Notes"
"""The header with sentences about a run, as a JSON list in ASCII."""

_MOST_PICTURES, _MOST_KEPT = 100, 64 * 2**20
_READ_AT_ONCE = 2
_MOST_NOTES, _LONGEST_NOTE = 10, 500
Result = TypeVar("Result")


class KeptPictures:
    """The latest pictures that were asked for by address, each under a name that nobody can guess."""

    def __init__(self) -> None:
        self._pictures: OrderedDict[str, bytes] = OrderedDict()

    def add(self, content: bytes, format_: str) -> str:
        """Returns its name; the oldest ones give way."""
        name = f"{secrets.token_urlsafe(24)}.{format_}"
        self._pictures[name] = content
        while len(self._pictures) > _MOST_PICTURES or sum(map(len, self._pictures.values())) > _MOST_KEPT:
            if len(self._pictures) == 1:
                break
            self._pictures.popitem(last=False)
        return name

    def find(self, name: str) -> bytes:
        """Raises Refusal for one that has given way, or never was."""
        if name not in self._pictures:
            raise Refusal(404, tr("This picture is not kept any longer."), "not_found")
        return self._pictures[name]


def noted(notes: Iterable[str]) -> dict[str, str]:
    """Returns the header with sentences, none for no sentences; long ones are cut, as clients bound headers."""
    shown = [note[:_LONGEST_NOTE] for note in notes][:_MOST_NOTES]
    return {NOTES: json.dumps(shown)} if shown else {}


@dataclass(frozen=True, slots=True, eq=False)
class Door:
    """Serves all requests.

    Attributes:
        folder: for the pictures that come with requests; each request removes its own.
    """

    served: Served
    jobs: Jobs
    folder: Path
    bodies: Bodies = field(default_factory=Bodies)
    kept: KeptPictures = field(default_factory=KeptPictures)
    _reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_READ_AT_ONCE))

    async def read(self, read: Callable[[], Result]) -> Result:
        """Returns what a function reads from a request in another thread; pictures can take much memory."""
        async with self._reading:
            return await asyncio.to_thread(read)

    async def notes_on(self, request: GenerationRequest) -> list[str]:
        """Returns sentences about the parts of the prompts that are not read as they were meant."""

        def look() -> list[str]:
            return [*prompt_notes(request, self.served.find(request.model), self.served.catalogue)]

        return await asyncio.to_thread(look)

    def received(self) -> Received:
        """Returns a place for the pictures of a request."""
        return Received(self.folder / secrets.token_hex(8))

    async def told(
        self, request: GenerationRequest, received: Received, partials: int = 0
    ) -> AsyncGenerator[Told]:
        """Yields all that is told of the pictures of a request, then removes those that came with it."""
        wanted = seeded(request)
        requests = tuple(replace(numbered(wanted, index), count=1) for index in range(request.count))
        try:
            async with aclosing(self.jobs.follow(requests, partials)) as told:
                async for one in told:
                    yield one
        finally:
            received.remove()

    async def made(
        self, request: Request, wanted: GenerationRequest, received: Received
    ) -> tuple[list[Made], list[str]]:
        """Returns the pictures of a request, and sentences about the run; a client that leaves ends it."""

        async def collect() -> tuple[list[Made], list[str]]:
            made: list[Made] = []
            notes: list[str] = []
            async with aclosing(self.told(wanted, received)) as told:
                async for one in told:
                    match one:
                        case Made():
                            made.append(one)
                        case Noted(sentence):
                            notes.append(sentence)
                        case _:
                            pass
            return made, notes

        return await _unless_gone(request, collect())


async def _unless_gone(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """Returns the result of some work; it is cancelled when the client leaves. Raises Refusal then."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(gone())
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise Refusal(499, tr("The client has left."))
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)
