"""Makes the picture of a frame as exports show it."""

from collections.abc import Iterator

from core.engine.context import Context
from core.engine.sampling.tensors import to_torch
from core.film.film import Film, Latent
from core.film_export.pictures import ExportFrame, captioned
from core.pictures.pixels import Pixels
from core.runs.events import Event, Finished


def run(context: Context, operation: ExportFrame) -> Iterator[Event]:
    film, frame, names = operation.film, operation.frame, operation.views
    if not operation.is_decoded:
        yield Finished(captioned(film, frame, names))
        return
    model = yield from context.decoder_of(film)

    def decode(_film: Film, latent: Latent) -> Pixels:
        return model.decode(to_torch(latent, context.plan.device), film.size_of(latent.shape))[0]

    yield Finished(captioned(film, frame, names, decode))
