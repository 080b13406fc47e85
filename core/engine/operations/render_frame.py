"""Makes a picture with its recipe of a frame of a film."""

import time
from collections.abc import Iterator

from core.engine.context import Context
from core.engine.generation import image_of
from core.engine.sampling.tensors import to_torch
from core.measures.conversions import noisy_of
from core.runs.events import Event, ImageReady
from core.runs.operations import RenderFrame


def run(context: Context, operation: RenderFrame) -> Iterator[Event]:
    began = time.perf_counter()
    film, frame, stage = operation.film, operation.frame, operation.stage
    model = yield from context.decoder_of(film)
    latent = noisy_of(frame, film.space_at(frame.call)) if stage == "noisy" else frame.denoised
    pixels, note = model.decode(to_torch(latent, context.plan.device), film.size_of(latent.shape))
    seconds = time.perf_counter() - began
    note = " ".join(filter(None, (operation.note, note)))
    image = image_of(film, model.loaded.plan, film.pasted(pixels), stage, frame.step + 1, seconds, note)
    yield ImageReady(image, film)
