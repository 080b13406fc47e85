"""Enlarges finished pictures."""

from collections.abc import Iterator
from dataclasses import replace

from core.engine.context import Context
from core.pictures.picture import GeneratedImage
from core.request.request import Size
from core.runs.enlargement import Enlarge, EnlargeFiles, enlarged_recipe, picture_of
from core.runs.events import Event, Finished, Loading, Phase


def run(context: Context, operation: Enlarge) -> Iterator[Event]:
    yield Loading(Phase.enlarging)
    upscaler = yield from context.enlarger.resolved(operation.upscaler)
    recipe = operation.image.recipe
    pixels = yield from context.enlarger.enlarged(operation.image.pixels, upscaler, recipe.request.seamless)
    yield Finished(GeneratedImage(pixels, enlarged_recipe(recipe, upscaler)))


def run_files(context: Context, operation: EnlargeFiles) -> Iterator[Event]:
    for path in operation.paths:
        image = picture_of(path)
        height, width = image.pixels.shape[:2]
        factor = operation.factor_for(Size(width, height))
        yield from run(context, Enlarge(image, replace(operation.upscaler, factor=factor)))
