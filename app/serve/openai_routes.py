"""The addresses of OpenAI's dialect."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.serve import openai
from app.serve.access import PICTURES
from app.serve.door import Door, noted
from app.serve.jobs import Made, Partial, Told
from app.serve.received import Received, png_bytes
from app.serve.refusal import Refusal, refusal_of
from core.language.words import tr
from core.pictures.picture import GeneratedImage
from core.request.request import Size


def routes(door: Door) -> list[Route]:
    """Returns all of them."""

    async def generate(request: Request) -> Response:
        async with door.bodies.json(request) as content:
            asked = await door.read(lambda: openai.generation(content, door.served))
        return await _answer(door, request, asked, door.received())

    async def edit(request: Request) -> Response:
        received = door.received()
        try:
            async with door.bodies.form(request) as (texts, uploads):
                files = [(name, await upload.read()) for name, upload in uploads]
                asked = await door.read(lambda: openai.edit(texts, files, received, door.served))
            return await _answer(door, request, asked, received)
        except BaseException:  # of any kind: it is raised again
            received.remove()
            raise

    async def list_models(_request: Request) -> Response:
        models = await asyncio.to_thread(door.served.catalogue.models)
        return JSONResponse({"object": "list", "data": [openai.model_entry(model) for model in models]})

    async def one_model(request: Request) -> Response:
        return JSONResponse(
            openai.model_entry(await asyncio.to_thread(door.served.find, request.path_params["name"]))
        )

    async def picture(request: Request) -> Response:
        name = request.path_params["name"]
        return Response(door.kept.find(name), media_type=f"image/{name.rpartition('.')[2]}")

    return [
        Route("/v1/images/generations", generate, methods=["POST"]),
        Route("/v1/images/edits", edit, methods=["POST"]),
        Route("/v1/models", list_models),
        Route("/v1/models/{name:path}", one_model),
        Route(PICTURES + "{name}", picture, name="picture"),
    ]


async def _answer(door: Door, request: Request, asked: openai.Asked, received: Received) -> Response:
    own_notes = [*asked.notes, *await door.notes_on(asked.request)]
    if asked.partials is not None:
        events = _events(asked, door.told(asked.request, received, asked.partials))
        return _Stream(events, received, noted(own_notes))
    made, notes = await door.made(request, asked.request, received)
    images = [one.image for one in made if one.is_whole]
    if not images:
        raise Refusal(500, tr("The run was stopped before a picture was finished."))
    entries: list[dict[str, str]] = []
    for image in images:
        content = await asyncio.to_thread(openai.encoded, image, asked.format)
        if asked.by_url:
            entries.append({"url": str(request.url_for("picture", name=door.kept.add(content, asked.format)))})
        else:
            entries.append({"b64_json": base64.b64encode(content).decode()})
    answer = {
        "created": int(time.time()),
        "background": "opaque",
        "data": entries,
        "output_format": asked.format,
        "size": str(_size(images[0])),
    }
    return JSONResponse(answer, headers=noted([*own_notes, *notes]))


class _Stream(StreamingResponse):
    """Server-sent events; the pictures that came with the request are removed even if the client never reads."""

    def __init__(self, events: AsyncGenerator[str], received: Received, headers: Mapping[str, str]) -> None:
        super().__init__(events, media_type="text/event-stream", headers=headers)
        self._received = received

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._received.remove()


async def _events(asked: openai.Asked, told: AsyncGenerator[Told]) -> AsyncGenerator[str]:
    """Yields server-sent events; an error after the beginning of a stream is one of them."""
    size = asked.request.size
    try:
        async with aclosing(told) as ones:
            async for one in ones:
                match one:
                    case Partial(pixels, number):
                        content = await asyncio.to_thread(png_bytes, openai.in_full_size(pixels, size))
                        data = openai.event(asked, "partial_image", content, size, partial_image_index=number)
                        yield _event(data["type"], data | {"output_format": "png"})
                    case Made(image, is_whole=True):
                        content = await asyncio.to_thread(openai.encoded, image, asked.format)
                        data = openai.event(asked, "completed", content, _size(image), usage=dict(openai.NO_USAGE))
                        yield _event(data["type"], data)
                    case _:
                        pass
    except Exception as error:  # noqa: BLE001 - the stream has begun: no other answer can be given
        yield _event("error", {"type": "error", **refusal_of(error).content})


def _event(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def _size(image: GeneratedImage) -> Size:
    return Size(image.pixels.shape[1], image.pixels.shape[0])
