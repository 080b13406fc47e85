"""Encodes a picture into the model's latents and decodes it again."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from numpy.typing import NDArray

from core.engine.context import Context
from core.engine.sampling.schedulers import prediction_type_of
from core.engine.sampling.tensors import to_model_range, to_numpy
from core.errors import NotANumberPicture
from core.language.words import tr
from core.measures.noise_levels import alphas_cumprod as alpha_bars
from core.measures.noise_levels import sigmas_of_flow
from core.pictures.source import read_source
from core.runs.events import Event, Finished
from core.runs.operations import EncodePicture
from core.runs.round_trip import EncodedPicture, RoundTrip


def run(context: Context, operation: EncodePicture) -> Iterator[Event]:
    model = yield from context.prepare(operation.request)
    request, family = model.request, model.family
    assert request.source is not None
    picture = read_source(request.source, request.size)
    pixels = to_model_range(picture.pixels).to(context.plan.device)
    latent = model.with_autoencoder(lambda: family.encode(pixels, None))
    if not latent.isfinite().all():
        raise NotANumberPicture(tr("the autoencoder"))
    trip = RoundTrip(
        picture=picture.pixels,
        original=picture.original,
        latent=to_numpy(latent),
        decoded=model.decode(latent)[0],
        alphas_cumprod=alphas_cumprod(family.scheduler_config_for(request)),
        latent_rgb=family.latent_rgb,
    )
    yield Finished(EncodedPicture.measured(operation.request, trip))


def alphas_cumprod(checkpoint: Mapping[str, Any]) -> NDArray[np.float64]:
    """Returns the noise schedule that the model was trained with, (training steps,)."""
    if prediction_type_of(checkpoint) == "flow_prediction":
        steps = int(checkpoint.get("num_train_timesteps", 1000))
        return alpha_bars(sigmas_of_flow(np.arange(1, steps + 1) / steps))
    config = {key: value for key, value in checkpoint.items() if not key.startswith("_")}
    scheduler: Any = DDPMScheduler.from_config(config)
    return scheduler.alphas_cumprod.double().numpy()
