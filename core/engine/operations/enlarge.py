"""Enlarges a finished picture."""

from collections.abc import Iterator

from core.engine.context import Context
from core.pictures.picture import GeneratedImage
from core.runs.enlargement import Enlarge, enlarged_recipe
from core.runs.events import Event, Finished, Loading, Phase


def run(context: Context, operation: Enlarge) -> Iterator[Event]:
    yield Loading(Phase.enlarging)
    upscaler = yield from context.enlarger.resolved(operation.upscaler)
    pixels = yield from context.enlarger.enlarged(operation.image.pixels, upscaler)
    yield Finished(GeneratedImage(pixels, enlarged_recipe(operation.image.recipe, upscaler)))
