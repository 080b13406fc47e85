"""The denoising loop: scale, predict, guide, look, step. Also the replay of a film, which is the same loop.

Latents stay in float32 from step to step, also for networks that compute in 16 bits: what the scheduler adds up
over a run would drown in bfloat16 rounding (a start at sigma = 4096 comes out ten times too strong).

A call whose prediction is already recorded does not run the network. With all calls recorded this rebuilds every
latent of a run; with the first k recorded it resumes or branches at call k. Exact for every sampler, because the
scheduler goes through the same states and the generators through the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import torch

from core.engine.sampling import guidance
from core.engine.sampling.guidance import Prediction
from core.engine.sampling.prediction import denoised
from core.engine.sampling.schedulers import SamplerRun

Predict = Callable[[torch.Tensor, torch.Tensor], Prediction]
"""Runs the network on float32 latents (batch, channels, height, width) at timestep t.

The latents are variance preserving, for flow-matching models on the straight line. What it returns is in the
network's own dtype.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One network call; tensors are (batch, channels, height, width). See `core.film.film.Frame` for the names."""

    call: int
    noisy: torch.Tensor
    denoised: torch.Tensor
    guided: torch.Tensor
    prediction: Prediction


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """The prediction of a call that was made before."""

    guided: torch.Tensor
    prediction: Prediction


def initial_latents(
    shape: tuple[int, int, int], sampling: SamplerRun, generators: Sequence[torch.Generator], device: torch.device
) -> torch.Tensor:
    """Noise x_T, float32 (batch, *shape), scaled for the sampler.

    It is drawn on the CPU, one generator for each picture: the same seed gives the same start on every device.
    """
    noise = torch.cat([torch.randn((1, *shape), generator=generator) for generator in generators])
    return noise.to(device) * sampling.first_scale


def denoise(
    predict: Predict,
    sampling: SamplerRun,
    x: torch.Tensor,
    generators: list[torch.Generator],
    guidance_scale: float,
    recorded: Sequence[Recorded] = (),
) -> Generator[Step, None, torch.Tensor]:
    """Yields each call before its scheduler step and returns the final latents (variance preserving).

    Args:
        x: x_T from `initial_latents`.
        generators: one for each picture of the batch, in the state after drawing x_T.
        recorded: predictions of the first calls; the network is not run for them.
    """
    for call, t in enumerate(sampling.timesteps):
        x_in = sampling.scale(x, t)
        if call < len(recorded):
            prediction, guided = recorded[call].prediction, recorded[call].guided
        else:
            prediction = predict(x_in, t)
            guided = guidance.combine(prediction, guidance_scale)
        sigma = float(sampling.schedule.sigmas[call])
        x0 = denoised(x_in, guided, sigma, sampling.prediction_type)
        yield Step(call, x, x0, guided, prediction)
        x = sampling.step(guided.float(), t, x, generators)
    return x
