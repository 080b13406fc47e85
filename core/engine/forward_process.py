"""The other direction: a picture of one's own is encoded, drowned in noise, and shown to the network once."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from numpy.typing import NDArray

from core.engine.decoding import decoding
from core.engine.families import Family
from core.engine.sampling import guidance
from core.engine.sampling.prediction import denoised
from core.engine.sampling.schedulers import prediction_type_of
from core.engine.sampling.tensors import to_numpy, to_torch
from core.errors import NotANumberPicture
from core.film.film import Latent
from core.measures.noise_levels import alphas_cumprod as alpha_bars
from core.measures.noise_levels import scale_of, sigmas_of_flow
from core.pictures.source import SourcePicture
from core.request.request import GenerationRequest
from core.runs.round_trip import OneStep, RoundTrip


def round_trip(family: Family, picture: SourcePicture, device: torch.device) -> RoundTrip:
    """Encodes and decodes a picture of a size that fits the model. Raises NotANumberPicture."""
    # (height, width, 3) -> (1, 3, height, width), -1 to 1
    pixels = torch.from_numpy(picture.pixels.astype(np.float32) / 255.0).permute(2, 0, 1)[None].contiguous()
    latent = family.encode((2.0 * pixels - 1.0).to(device), None)
    if not latent.isfinite().all():
        raise NotANumberPicture("the autoencoder")
    decoded, _ = decoding.decode(family, latent)
    return RoundTrip(
        picture=picture.pixels,
        original=picture.original,
        latent=to_numpy(latent),
        decoded=decoded,
        alphas_cumprod=alphas_cumprod(family),
        latent_rgb=family.latent_rgb,
    )


def one_step(
    family: Family, request: GenerationRequest, trip: RoundTrip, noisy: Latent, t: int, device: torch.device
) -> OneStep:
    """Asks the network once about x_t, with the request's prompt and guidance."""
    x = to_torch(noisy, device)
    kind = prediction_type_of(family.scheduler_config)
    timestep, x_in = torch.tensor(t, device=device), x
    if kind == "flow_prediction":  # its time is the part of noise on the straight line, and ends in 1000, not 999
        timestep, x_in = timestep + 1, x * scale_of("flow", trip.sigma(t))
    prediction = family.read_prompt(request, batch=1)(x_in, timestep)
    guided = guidance.combine(prediction, request.guidance_scale)
    x0 = denoised(x_in, guided, trip.sigma(t), kind)
    if not x0.isfinite().all():
        raise NotANumberPicture("the network")
    return OneStep(t, decoding.decode(family, x)[0], decoding.decode(family, x0)[0], to_numpy(x0))


def alphas_cumprod(family: Family) -> NDArray[np.float64]:
    """The noise schedule that the model was trained with, (training steps,)."""
    if prediction_type_of(family.scheduler_config) == "flow_prediction":
        steps = int(family.scheduler_config.get("num_train_timesteps", 1000))
        return alpha_bars(sigmas_of_flow(np.arange(1, steps + 1) / steps))
    config = {key: value for key, value in family.scheduler_config.items() if not key.startswith("_")}
    scheduler: Any = DDPMScheduler.from_config(config)
    return scheduler.alphas_cumprod.double().numpy()
