"""Enlarges finished pictures, and refines them."""

import logging
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

import torch

from core.control.maps import Maps, read_maps
from core.control.picture import read_map
from core.engine.context import Context
from core.engine.devices.out_of_memory import RAN_OUT, attempt
from core.engine.loading.identification import identified
from core.engine.upscaling.refining import refined
from core.errors import ControlMissing, InvalidRequest, UnreadablePicture
from core.language.words import tr
from core.pictures.picture import GeneratedImage
from core.recipes.refinement import Refinement
from core.request.control import Control
from core.request.request import GenerationRequest, Size
from core.runs.enlargement import Enlarge, EnlargeFiles, enlarged_recipe, picture_of
from core.runs.events import ControlLeftOut, Event, Finished, Loading, Phase
from core.runs.refining import (
    check_refining,
    refined_recipe,
    refining_request,
    skipped_steps,
    tile_side,
    tile_size,
)

log = logging.getLogger(__name__)


def run(context: Context, operation: Enlarge) -> Iterator[Event]:
    image, upscaler, refining = operation.image, operation.upscaler, operation.refining
    size = size_of(image)
    if upscaler is not None:
        yield Loading(Phase.enlarging)
        upscaler = yield from context.enlarger.resolved(upscaler)
        size = Size(*(round(length * upscaler.factor) for length in (size.width, size.height)))
    request = how = None
    if refining is not None:
        request = refining_request(image.recipe, refining)
        how = replace(refining.how, tile=tile_side(context.find(request.model), refining.how.tile))
        check_refining(request, size, how)
    if upscaler is not None:
        seamless = image.recipe.request.seamless
        pixels = yield from context.enlarger.enlarged(image.pixels, upscaler, seamless)
        image = GeneratedImage(pixels, enlarged_recipe(image.recipe, upscaler))
    if request is not None and how is not None:
        for event in _refined(context, image, request, how):
            if isinstance(event, GeneratedImage):
                image = event
            else:
                yield event
    yield Finished(image)


def run_files(context: Context, operation: EnlargeFiles) -> Iterator[Event]:
    for path in operation.paths:
        image, upscaler = picture_of(path), operation.upscaler
        if upscaler is not None:
            upscaler = replace(upscaler, factor=operation.factor_for(size_of(image)))
        yield from run(context, Enlarge(image, upscaler, operation.refining))


def size_of(image: GeneratedImage) -> Size:
    height, width = image.pixels.shape[:2]
    return Size(width, height)


def _refined(
    context: Context, image: GeneratedImage, request: GenerationRequest, how: Refinement
) -> Iterator[Event | GeneratedImage]:
    """Yields the refined picture last; the tiles are halved as long as memory runs out."""
    model, size = context.find(request.model), size_of(image)
    while True:
        tile = tile_size(model, how.tile, size)
        work = _in_tiles(context, image, replace(request, size=tile), how)
        while (event := attempt(lambda work=work: next(work, None))) is not None:
            if event is RAN_OUT:
                break
            yield event
        if event is None:
            return
        side = max(tile.width, tile.height)
        smaller = model.limits.snap(side // 2)
        if smaller >= side:
            raise torch.OutOfMemoryError
        log.info("out of memory while refining; trying again with tiles of %d pixels", smaller)
        how = replace(how, tile=smaller)


def _in_tiles(
    context: Context, image: GeneratedImage, request: GenerationRequest, how: Refinement
) -> Iterator[Event | GeneratedImage]:
    request = yield from _with_controls_at_hand(context, request)
    model = yield from context.prepare(request)
    if model.family.takes_mask:
        raise InvalidRequest("model", request.model, tr("one that was not trained for inpainting"))
    skipped = skipped_steps(request, how)
    calls = yield from context.read_prompt(model, model.request, skipped)
    maps = _maps_of_whole(context, model.request, image)
    yield Loading(Phase.refining)
    began = time.perf_counter()
    pixels = yield from refined(model, calls, image.pixels, skipped, image.recipe.request.seamless, maps)
    seconds = time.perf_counter() - began
    recipe = refined_recipe(image.recipe, model.request, how)
    plan, identity = model.loaded.plan, (yield from identified(model.loaded))
    told = {"device": plan.device.type, "dtype": plan.dtype_name, "seconds": seconds, "model": identity}
    yield GeneratedImage(pixels, replace(recipe, **told))


def _with_controls_at_hand(
    context: Context, request: GenerationRequest
) -> Generator[ControlLeftOut, None, GenerationRequest]:
    """Returns the request with the controls that are here, with their pictures; a recipe may be from elsewhere."""
    kept: list[Control] = []
    for control in request.controls:
        try:
            context.find_control(control)
            read_map(control, request.size, None, _folders(context))
        except ControlMissing:
            yield ControlLeftOut(control.key, tr("this network is not in the model folders"))
        except UnreadablePicture as error:
            told = tr("the picture {name} cannot be read, {reason}", name=error.path.name, reason=error.reason)
            yield ControlLeftOut(control.key, told)
        else:
            kept.append(control)
    return replace(request, controls=tuple(kept))


def _maps_of_whole(context: Context, request: GenerationRequest, image: GeneratedImage) -> Maps:
    """Returns the maps of a request's controls in the size of the whole picture."""
    return read_maps(replace(request, size=size_of(image)), _folders(context), {})[0] if request.controls else {}


def _folders(context: Context) -> tuple[Path, ...]:
    return (context.sources,) if context.sources is not None else ()
