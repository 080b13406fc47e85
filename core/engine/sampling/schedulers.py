"""From a line of the sampler table to a diffusers scheduler that is set up for one run.

The checkpoint's own configuration (betas, prediction type, timestep spacing) stays; a sampler adds its options.
"""

import bisect
import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import diffusers
import numpy as np
import torch
from diffusers.schedulers.scheduling_ddpm import betas_for_alpha_bar, rescale_zero_terminal_snr
from numpy.typing import NDArray

from core.checkpoints.schedule import OF_SAMPLERS, is_flow_schedule
from core.engine.sampling.dpm2 import KDPM2AncestralDiscreteScheduler, KDPM2DiscreteScheduler
from core.engine.sampling.linear_multistep import LMSDiscreteScheduler
from core.engine.sampling.size_shift import OWN_LEVELS, made
from core.engine.sampling.table_numbers import beside
from core.errors import InvalidRequest
from core.film.film import Film, PredictionType, Schedule
from core.language.words import tr
from core.measures.noise_levels import sigmas_of_flow
from core.request.samplers import SAMPLERS, Sampler, Space

SMALLEST_ALPHA_CUMPROD = 2.0**-24
"""The value of a terminal alpha-bar of 0 in those of diffusers' own schedulers that divide by it."""


_OWN = {
    scheduler.__name__: scheduler
    for scheduler in (LMSDiscreteScheduler, KDPM2DiscreteScheduler, KDPM2AncestralDiscreteScheduler)
}


@dataclass(frozen=True, slots=True, eq=False)
class SamplerRun:
    """A scheduler set to its timesteps, with what the loop needs to know about it.

    All its state is on the CPU, whichever device the latents are on: Apple GPUs know no float64, single numbers
    need not be waited for, and a run that is replayed finds the state where the first run had it.

    Attributes:
        name: diffusers' class name.
        scheduler: the scheduler; it has state, so it serves one run only.
        timesteps: one for each call, in the dtype that the scheduler wants, on the CPU.
        takes_generator: its step draws fresh noise.
        takes_eta: its step has a share of fresh noise to set; 0 as in the stock pipeline, where TCD alone
            would take 0.3 by itself.
    """

    name: str
    scheduler: Any
    timesteps: torch.Tensor
    schedule: Schedule
    prediction_type: PredictionType
    space: Space
    takes_generator: bool
    takes_eta: bool

    @property
    def config(self) -> dict[str, Any]:
        return dict(self.scheduler.config)

    @property
    def first_scale(self) -> Any:
        """Returns the factor of pure noise at the start."""
        return 1.0 if self.space == "flow" else self.scheduler.init_noise_sigma

    def scale(self, x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """Returns the latents in the scale that the network was trained with."""
        with beside(x):
            return x if self.space == "flow" else self.scheduler.scale_model_input(x, t)

    def noised(self, x0: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """x of the first call, from a picture's latent (1, channels, height, width); all of them on the CPU."""
        if self.space != "flow":
            return self.scheduler.add_noise(x0, noise, self.timesteps[:1])
        s = self.scheduler.sigmas[self.scheduler.begin_index].to(x0)
        return s * noise + (1.0 - s) * x0

    def step(self, prediction: torch.Tensor, t: torch.Tensor, x: torch.Tensor, rng: list[torch.Generator]) -> Any:
        """x of the next call, from the prediction at this one; ``rng`` gives the fresh noise of some samplers."""
        options: dict[str, Any] = {"generator": rng} if self.takes_generator else {}
        if self.takes_eta:
            options["eta"] = 0.0
        with beside(x):
            return self.scheduler.step(prediction, t, x, return_dict=False, **options)[0]


def build(sampler: str, checkpoint_config: Mapping[str, Any], steps: int, skipped_steps: int = 0) -> SamplerRun:
    """Sets up a sampler for a checkpoint.

    Args:
        sampler: key in `core.request.samplers.SAMPLERS`.
        checkpoint_config: content of the checkpoint's ``scheduler_config.json``.
        skipped_steps: how many of ``steps`` are left out at the start, for a run that begins with a picture
            or a latent that is less noisy than x_T.

    Raises:
        InvalidRequest: the sampler cannot make this number of steps, or not with this prediction type.
    """
    spec = SAMPLERS[sampler]
    if prediction_type_of(checkpoint_config) == "flow_prediction":
        return _build_flow(sampler, spec, checkpoint_config, steps, skipped_steps)
    scheduler_class = scheduler_named(spec.scheduler)
    config = _of_training(checkpoint_config) | {"clip_sample": False} | spec.options  # latents go beyond -1 to 1
    if spec.scheduler == "PNDMScheduler":
        config["skip_prk_steps"] = True  # Runge-Kutta warm-up would add nine calls and noise (PLMS of CompVis)
    takes_rescaling = "rescale_betas_zero_snr" in inspect.signature(scheduler_class.__init__).parameters
    if config.get("rescale_betas_zero_snr") and not takes_rescaling:
        config["trained_betas"] = _zero_snr_betas(config)
    scheduler = scheduler_class.from_config(config)
    if spec.sigmas is not None:
        trained = (1 / scheduler.alphas_cumprod - 1) ** 0.5
        least, most = max(spec.sigmas[0], trained[0].item()), min(spec.sigmas[1], trained[-1].item())
        # keys that no scheduler's class declares, but that diffusers' conversion to Karras' sigmas reads
        scheduler = scheduler_class.from_config(config | {"sigma_min": least, "sigma_max": most})
    if scheduler.config.prediction_type not in _supported_predictions(spec.scheduler):
        kind = scheduler.config.prediction_type
        raise InvalidRequest("sampler", sampler, tr("a sampler for models with {kind} prediction", kind=kind))
    try:
        return _set_up(scheduler, spec.space, steps, skipped_steps)
    except (ValueError, IndexError, ZeroDivisionError) as error:
        raise _impossible(sampler, steps) from error


def _impossible(name: str, steps: int) -> InvalidRequest:
    return InvalidRequest("steps", steps, tr("a number of steps that the sampler {name} can make", name=name))


def _build_flow(
    sampler: str, spec: Sampler, checkpoint: Mapping[str, Any], steps: int, skipped_steps: int
) -> SamplerRun:
    if spec.flow is None:
        raise InvalidRequest("sampler", sampler, tr("a sampler for flow-matching models"))
    config = _of_training(checkpoint)
    # each of diffusers' schedulers has its own word for the shift of the schedule (Esser et al. 2024, eq. 23)
    shift = float(config.get("shift") or config.get("flow_shift") or 1.0)
    config |= {"shift": shift, "flow_shift": shift, **spec.flow.options}
    scheduler: Any = getattr(diffusers, spec.flow.scheduler)
    takes = inspect.signature(scheduler.__init__).parameters
    built = made(scheduler, {key: value for key, value in config.items() if key in (*takes, OWN_LEVELS)})
    try:
        return _set_up(built, "flow", steps, skipped_steps)
    except (ValueError, IndexError, ZeroDivisionError) as error:
        raise _impossible(sampler, steps) from error


def prediction_type_of(checkpoint_config: Mapping[str, Any]) -> PredictionType:
    """Returns the prediction type of a checkpoint's network, by the content of its ``scheduler_config.json``."""
    is_flow = is_flow_schedule(checkpoint_config)
    return "flow_prediction" if is_flow else checkpoint_config.get("prediction_type", "epsilon")


def _of_training(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the checkpoint's own part of its configuration."""
    return {key: value for key, value in config.items() if not key.startswith("_") and key not in OF_SAMPLERS}


def rebuild(film: Film) -> SamplerRun:
    """Returns the sampling of a recorded run, from what the film says alone: the model need not be there."""
    scheduler = made(scheduler_named(film.scheduler), film.scheduler_config)
    below_zero = bool((film.schedule.timesteps < 0).any())
    return _set_up(scheduler, film.space, film.request.steps, film.skipped_steps, below_zero)


def scheduler_named(name: str) -> Any:
    """Returns the class of this name: diffusers', or ours that does the same with less work."""
    return _OWN.get(name) or getattr(diffusers, name)


def _set_up(scheduler: Any, space: Space, steps: int, skipped_steps: int, below_zero: bool = False) -> SamplerRun:
    """``below_zero``: leaves a step too many in, at timestep -1, which older films have."""
    takes = inspect.signature(scheduler.set_timesteps).parameters
    if space == "flow" and "sigmas" in takes:
        # as most pipelines of flow-matching models do: equal steps down to 1 / steps, then shifted
        sigmas = np.array(torch.linspace(1.0, 1 / steps, steps).tolist())
        levels = {"num_inference_steps": steps} if scheduler.config.get(OWN_LEVELS) else {"sigmas": sigmas}
        mu: dict[str, float] = {}
        if scheduler.config.get("use_dynamic_shifting"):
            # a shift that depends on the size of the picture stands where a fixed one does; here it is a logarithm
            mu = {"mu": math.log(scheduler.config.get("shift") or scheduler.config["flow_shift"])}
        scheduler.set_timesteps(**levels, **mu)
    else:
        scheduler.set_timesteps(steps)
        if scheduler.timesteps[-1] < 0 and not below_zero:
            _set_one_timestep_less(scheduler, steps)
    schedule = _schedule(scheduler, space, steps)
    skipped_calls = bisect.bisect_left(schedule.steps, skipped_steps)
    if hasattr(scheduler, "set_begin_index"):
        # left alone it looks for the timestep of the first call and takes the second of equal ones; rounded
        # timesteps are equal in long runs, which would be one noise level off and end with an IndexError:
        # https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_dpmsolver_multistep.py
        scheduler.set_begin_index(skipped_calls)
    calls = list(range(skipped_calls, schedule.calls))
    if skipped_calls and len(calls) > 1 and type(scheduler).__name__ == "PNDMScheduler":
        # PLMS makes the second of its calls twice, wherever it begins: else one step's noise would be left
        calls.insert(1, calls[1])
    takes = inspect.signature(scheduler.step).parameters
    return SamplerRun(
        name=type(scheduler).__name__,
        scheduler=scheduler,
        timesteps=scheduler.timesteps[calls],
        schedule=Schedule(
            timesteps=schedule.timesteps[calls],
            sigmas=schedule.sigmas[calls],
            steps=tuple(
                skipped_steps + _step_of_call(i, len(calls), steps - skipped_steps) for i in range(len(calls))
            ),
        ),
        prediction_type="flow_prediction" if space == "flow" else scheduler.config.prediction_type,
        space=space,
        takes_generator="generator" in takes,
        takes_eta="eta" in takes,
    )


def _set_one_timestep_less(scheduler: Any, steps: int) -> None:
    """Sets as many timesteps as steps where diffusers makes one more, at -1, with spacing "trailing".

    ``np.arange(1000, 0, -1000 / 61)`` has 62 numbers, since the last is 1e-13 and not 0; its documentation warns
    of that: https://numpy.org/doc/stable/reference/generated/numpy.arange.html
    """
    scheduler.set_timesteps(steps * (1 - 1e-12))  # the others stay the same when they are rounded
    scheduler.num_inference_steps = steps


def _supported_predictions(scheduler: str) -> tuple[str, ...]:
    """Three schedulers raise in the middle of the run for models that predict the sample itself."""
    if scheduler in ("PNDMScheduler", "KDPM2DiscreteScheduler", "KDPM2AncestralDiscreteScheduler"):
        return ("epsilon", "v_prediction")
    return ("epsilon", "v_prediction", "sample")


def _zero_snr_betas(config: Mapping[str, Any]) -> list[float]:
    """Betas rescaled to zero terminal SNR (Lin et al. 2024, algorithm 1), for schedulers that cannot do it.

    The last alpha-bar is a tiny number instead of 0, since these schedulers divide by it; diffusers' Euler and
    DPM-Solver++ do the same.
    """
    count = int(config.get("num_train_timesteps", 1000))
    start, end = float(config.get("beta_start", 0.0001)), float(config.get("beta_end", 0.02))
    match config.get("trained_betas") or config.get("beta_schedule", "linear"):
        case [*trained]:
            betas = torch.tensor(trained, dtype=torch.float32)
        case "linear":
            betas = torch.linspace(start, end, count, dtype=torch.float32)
        case "scaled_linear":
            betas = torch.linspace(start**0.5, end**0.5, count, dtype=torch.float32) ** 2
        case _:
            betas = betas_for_alpha_bar(count)
    betas = rescale_zero_terminal_snr(betas)
    before_last = torch.cumprod(1.0 - betas, dim=0)[-2].item()
    betas[-1] = 1.0 - SMALLEST_ALPHA_CUMPROD / before_last
    return betas.tolist()


def _schedule(scheduler: Any, space: Space, steps: int) -> Schedule:
    timesteps = scheduler.timesteps.double().numpy()
    calls = len(timesteps)
    return Schedule(
        timesteps=timesteps.astype(np.float32),
        sigmas=_flow_sigmas(scheduler, calls) if space == "flow" else _sigmas(scheduler, timesteps),
        steps=tuple(_step_of_call(call, calls, steps) for call in range(calls)),
    )


def _step_of_call(call: int, calls: int, steps: int) -> int:
    if calls == 2 * steps - 1:
        return call // 2  # Heun and DPM2: a predictor and a corrector; the last step needs only one
    if calls == steps + 1:
        return max(0, call - 1)  # PLMS does its first step twice
    return call


def _flow_sigmas(scheduler: Any, calls: int) -> NDArray[np.float64]:
    return sigmas_of_flow(scheduler.sigmas.double().numpy()[:calls])


def _sigmas(scheduler: Any, timesteps: NDArray[np.float64]) -> NDArray[np.float64]:
    """sigma / alpha (calls,) of the latents that each call sees."""
    calls = len(timesteps)
    if (midpoints := getattr(scheduler, "sigmas_interpol", None)) is not None:  # DPM2: odd calls are midpoints
        sigmas = scheduler.sigmas.double().numpy()[:calls].copy()
        is_ancestral = "Ancestral" in type(scheduler).__name__
        shift = 1 if is_ancestral else 0  # the two classes index their midpoints differently
        odd = np.arange(1, calls, 2)
        sigmas[odd] = midpoints.double().numpy()[odd - shift]
        return sigmas
    if (sigmas := getattr(scheduler, "sigmas", None)) is not None:
        return sigmas.double().numpy()[:calls]
    alphas_cumprod = scheduler.alphas_cumprod.double().numpy()[timesteps.astype(np.int64)]
    with np.errstate(divide="ignore"):  # zero terminal SNR: infinite
        return np.sqrt((1.0 - alphas_cumprod) / alphas_cumprod)
