"""Makes the true picture of a latent."""

from collections.abc import Iterator

from core.engine.context import Context
from core.engine.sampling.tensors import to_torch
from core.runs.events import Event, Finished
from core.runs.operations import Decode


def run(context: Context, operation: Decode) -> Iterator[Event]:
    model = yield from context.decoder_of(operation.film)
    latent = to_torch(operation.latent, context.plan.device)
    yield Finished(model.decode(latent, operation.film.size_of(latent.shape))[0])
