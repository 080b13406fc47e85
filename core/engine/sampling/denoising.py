"""The denoising loop: scale, predict, guide, look, step, hooks. Also the replay of a film, which is the same loop.

Latents stay in float32 from step to step, also for networks that compute in 16 bits: what the scheduler adds up
over a run would drown in bfloat16 rounding (a start at sigma = 4096 comes out ten times too strong).

A call whose prediction is already recorded does not run the network. With all calls recorded this rebuilds every
latent of a run; with the first k recorded it resumes or branches at call k. Exact for every sampler, because the
scheduler goes through the same states, the generators through the same numbers, and the hooks are called again.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Self

import torch

from core.engine.sampling import guidance
from core.engine.sampling.guidance import Prediction
from core.engine.sampling.levels import levels
from core.engine.sampling.prediction import denoised
from core.engine.sampling.schedulers import SamplerRun
from core.engine.sampling.tensors import to_torch
from core.film.film import Latent
from core.request.samplers import Space


@dataclass(frozen=True, slots=True, eq=False)
class Timestep:
    """The timestep of a call.

    Attributes:
        tensor: () on the latents' device, as the network reads it.
        value: the same number, read without waiting for the device.
    """

    tensor: torch.Tensor
    value: float

    @classmethod
    def on(cls, device: torch.device, t: torch.Tensor) -> Self:
        """Takes a timestep that is on the processor."""
        return cls(t.to(device), float(t))


Predict = Callable[[torch.Tensor, Timestep], Prediction]
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


def recorded_call(guided: Latent, cond: Latent | None, uncond: Latent | None, device: torch.device) -> Recorded:
    """Returns a call of a film, on the device; ``cond`` and ``uncond`` are None where guidance was off."""
    on_device = to_torch(guided, device)
    if cond is None or uncond is None:
        return Recorded(on_device, Prediction(on_device, None))
    return Recorded(on_device, Prediction(to_torch(cond, device), to_torch(uncond, device)))


@dataclass(frozen=True, slots=True, eq=False)
class StepContext:
    """The place after one scheduler step, at which hooks act.

    Attributes:
        call: number of the network call that the scheduler stepped with, from 0.
        step: the sampler step that this call belongs to, from 0.
        sigma: noise to signal ratio of the latents now, which is that of the next call; 0 after the last one.
        share: how much of the run's noise schedule is left, by timesteps: nearly 1 after the first call, 0 after
            the last one.
        levels: the factors of picture and noise in the latents now.
        space: the scale of the latents (`core.request.samplers.Sampler.space`).
        generators: those of the run. What a hook draws from them is drawn again when the film is replayed.
    """

    call: int
    step: int
    sigma: float
    share: float
    levels: tuple[float, float]
    space: Space
    generators: Sequence[torch.Generator]


StepHook = Callable[[StepContext, torch.Tensor], torch.Tensor]
"""Takes the latents after a scheduler step and returns those to go on with, for masks, regions or probes.

Both are float32 (batch, channels, height, width) on the run's device. It must not change its argument.
"""


def denoise(
    predict: Predict,
    sampling: SamplerRun,
    x: torch.Tensor,
    generators: list[torch.Generator],
    guidance_scale: float,
    recorded: Sequence[Recorded] = (),
    after_step: Sequence[StepHook] = (),
) -> Generator[Step, None, torch.Tensor]:
    """Yields each call before its scheduler step and returns the final latents (variance preserving).

    Args:
        x: x_T, the noise of `start_noise` times ``sampling.first_scale``.
        generators: one for each picture of the batch, in the state after drawing x_T.
        recorded: predictions of the first calls; the network is not run for them.
        after_step: called one after the other on the latents of each scheduler step, also of recorded calls.
    """
    schedule = sampling.schedule
    sigmas = [*(float(sigma) for sigma in schedule.sigmas), 0.0]
    shares = [*(schedule.timesteps / max(float(schedule.timesteps[0]), 1e-6)).tolist(), 0.0]
    times = sampling.timesteps.to(x.device)  # the network's: all at once, since each copy is waited for
    for call, t in enumerate(sampling.timesteps):
        x_in = sampling.scale(x, t)
        if call < len(recorded):
            prediction, guided = recorded[call].prediction, recorded[call].guided
        else:
            prediction = predict(x_in, Timestep(times[call], float(t)))
            guided = guidance.combine(prediction, guidance_scale)
        x0 = denoised(x_in, guided, sigmas[call], sampling.prediction_type)
        yield Step(call, x, x0, guided, prediction)
        x = sampling.step(guided.float(), t, x, generators)
        if after_step:
            place = call, schedule.steps[call], sigmas[call + 1], shares[call + 1]
            context = StepContext(*place, levels(sampling, call + 1), sampling.space, generators)
            for hook in after_step:
                x = hook(context, x)
    return x
