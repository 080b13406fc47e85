"""The addresses of AUTOMATIC1111's dialect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.serve import automatic, automatic_answers
from app.serve.door import Door, noted
from app.serve.fields import Fields, refused
from app.serve.models import Served
from app.serve.received import Received, bytes_of
from core.errors import UnreadablePicture
from core.language.words import tr
from core.pictures.metadata import recipe_in
from core.recipes.parameters import to_parameters
from core.request.control import PREPROCESSORS
from core.request.numbering import seeded

PREFIX = "/sdapi/v1/"
_PICTURE = Path("image.png")


def routes(door: Door) -> list[Route]:
    """Returns all of them."""

    def run(read: Callable[[dict[str, Any], Received, Served], automatic.Asked]) -> Any:
        async def answer(request: Request) -> Response:
            received = door.received()
            try:
                async with door.bodies.json(request) as content:
                    asked = await door.read(partial(read, content, received, door.served))
                    source = content["init_images"][0] if asked.includes_source else ""
                    kept = {name: one for name, one in content.items() if name not in automatic_answers.HIDDEN}
                    content = {}
                wanted = seeded(asked.request)
                made, notes = await door.made(request, wanted, received)
            finally:
                received.remove()
            notes = [*asked.notes, *await door.notes_on(wanted), *notes]
            images = [one.image for one in made]
            told = await asyncio.to_thread(automatic_answers.answer, asked, wanted, images, kept, notes, source)
            return JSONResponse(told, headers=noted(notes))

        return answer

    async def progress(request: Request) -> Response:
        has_picture = request.query_params.get("skip_current_image", "false").lower() != "true"
        job, waiting = door.jobs.current, door.jobs.waiting
        told = await asyncio.to_thread(automatic_answers.progress, job, waiting, has_picture=has_picture)
        return JSONResponse(told)

    async def interrupt(_request: Request) -> Response:
        door.jobs.interrupt()
        return JSONResponse({})

    async def skip(_request: Request) -> Response:
        door.jobs.skip()
        return JSONResponse({})

    async def set_options(request: Request) -> Response:
        async with door.bodies.json(request) as content:
            fields = Fields(content)
            model = fields.text("sd_model_checkpoint")
            for name, value in fields.left.items():
                if name not in automatic_answers.FIXED_OPTIONS or automatic_answers.FIXED_OPTIONS[name] != value:
                    raise refused(
                        name[:60], tr("Only sd_model_checkpoint can be set, not {name}.", name=name[:60])
                    )
        if model:
            door.served.model = (await asyncio.to_thread(door.served.find, model)).key
        return JSONResponse(None)

    async def png_info(request: Request) -> Response:
        async with door.bodies.json(request) as content:
            picture = await asyncio.to_thread(bytes_of, "image", Fields(content).any("image"))
        return JSONResponse(await asyncio.to_thread(_png_info, picture))

    def listing(make: Callable[[], object]) -> Any:
        async def answer(_request: Request) -> Response:
            return JSONResponse(await asyncio.to_thread(make))

        return answer

    served = door.served
    lists: dict[str, Callable[[], object]] = {
        "options": lambda: automatic_answers.options(served),
        "sd-models": lambda: automatic_answers.models(served),
        "samplers": automatic_answers.samplers,
        "schedulers": automatic_answers.schedulers,
        "upscalers": lambda: automatic_answers.upscalers(served),
        "latent-upscale-modes": automatic_answers.latent_modes,
        "loras": lambda: automatic_answers.loras(served),
        "sd-vae": lambda: automatic_answers.vaes(served),
        "prompt-styles": list[object],
        "scripts": lambda: {"txt2img": [], "img2img": []},
        "cmd-flags": dict[str, object],
    }
    actions = {
        "txt2img": run(automatic.txt2img),
        "img2img": run(automatic.img2img),
        "interrupt": interrupt,
        "skip": skip,
        "options": set_options,
        "png-info": png_info,
        "refresh-checkpoints": listing(lambda: None),  # models are looked for whenever they are listed
    }
    networks = lambda: {"model_list": [one.name for one in served.catalogue.controls.look()]}  # noqa: E731
    modules = [one.module for one in PREPROCESSORS.values()]
    return [
        *(Route(PREFIX + name, listing(make)) for name, make in lists.items()),
        *(Route(PREFIX + name, action, methods=["POST"]) for name, action in actions.items()),
        Route(PREFIX + "progress", progress),
        Route("/controlnet/model_list", listing(networks)),
        Route("/controlnet/module_list", listing(lambda: {"module_list": modules})),
    ]


def _png_info(content: bytes) -> dict[str, Any]:
    """Returns the recipe in a picture as text, and the fields that stand in it. Raises InvalidRequest."""
    try:
        with Image.open(BytesIO(content), formats=("PNG", "JPEG", "WEBP")):
            recipe = recipe_in(BytesIO(content), _PICTURE)
    except UnreadablePicture:
        return {"info": "", "items": {}, "parameters": {}}
    except (OSError, Image.DecompressionBombError) as error:
        sentence = tr("This is no picture that can be read: PNG, JPEG or WebP.")
        raise refused("image", sentence) from error
    request, text = recipe.request, to_parameters(recipe)
    parameters = {
        "Prompt": request.prompt,
        "Negative prompt": request.negative_prompt,
        "Steps": str(request.steps),
        "Seed": str(request.seed),
        "Size-1": str(request.size.width),
        "Size-2": str(request.size.height),
    }
    return {"info": text, "items": {"parameters": text}, "parameters": parameters}
