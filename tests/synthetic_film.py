"""Films without a network: a Gaussian world whose best denoiser is known in closed form, a Wiener filter."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.film.film import Film, Frame, PredictionType, Schedule
from core.film.latent_rgb import LatentRgb
from core.recipes.recipe import ModelIdentity
from core.request.request import GenerationRequest, Size
from core.request.samplers import Space

CONFIG = {"num_train_timesteps": 1000, "beta_schedule": "scaled_linear", "lambda_min_clipped": -float("inf")}


def colours(channels: int) -> LatentRgb:
    """Some map to colours, the same for each number of channels."""
    matrix = np.random.default_rng(3).normal(0, 0.6 / np.sqrt(channels), (channels, 3))
    return LatentRgb(matrix.astype(np.float32), np.zeros(3, np.float32))


def schedule(steps: int, *, calls_per_step: Literal[1, 2] = 1) -> Schedule:
    """The scaled linear schedule of Stable Diffusion 1, with evenly spaced timesteps."""
    betas = np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    alphas_cumprod = np.cumprod(1.0 - betas)
    calls = [step for step in range(steps) for _ in range(calls_per_step)]
    if calls_per_step == 2:
        calls.pop()  # Heun's last step is Euler's
    positions = np.linspace(999, 999 / steps if steps > 1 else 999, len(calls))
    timesteps = np.round(positions).astype(np.float32)
    alpha_bar = alphas_cumprod[timesteps.astype(int)]
    return Schedule(timesteps, np.sqrt((1 - alpha_bar) / alpha_bar), tuple(calls))


def world(shape: tuple[int, int, int], seed: int) -> NDArray[np.float64]:
    """A latent with a 1/f spectrum and unit variance: large forms first, as in pictures."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.fft2(rng.standard_normal(shape)) * np.sqrt(_power(shape))
    x0 = np.fft.ifft2(spectrum).real
    return x0 / x0.std()


def film(
    steps: int = 12,
    *,
    shape: tuple[int, int, int] = (4, 16, 16),
    dtype: Any = np.float32,
    guidance_scale: float = 4.0,
    space: Space = "vp",
    calls_per_step: Literal[1, 2] = 1,
    prediction_type: PredictionType = "epsilon",
    seed: int = 7,
    prompt: str = "a red house by the sea",
) -> Film:
    """A complete film of DDIM steps towards `world`."""
    request = GenerationRequest(
        prompt,
        size=Size(shape[2] * 8, shape[1] * 8),
        sampler="ddim" if calls_per_step == 1 else "heun",
        steps=steps,
        guidance_scale=guidance_scale,
        seed=seed,
    )
    recorded = Film(
        request=request,
        model=ModelIdentity("starter-model", "Starter", "stable_diffusion", "0123456789"),
        prediction_type=prediction_type,
        space=space,
        scheduler="DDIMScheduler",
        scheduler_config=dict(CONFIG),
        schedule=schedule(steps, calls_per_step=calls_per_step),
        latent_rgb=colours(shape[0]),
    )
    for frame in _frames(recorded, shape, np.dtype(dtype)):
        recorded = recorded.with_frame(frame)
    return recorded


def _frames(film: Film, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> list[Frame]:
    rng = np.random.default_rng(film.request.seed)
    x0_true, other = world(shape, 1), world(shape, 2)
    sigmas = film.schedule.sigmas
    alphas, noises = 1 / np.sqrt(1 + sigmas**2), sigmas / np.sqrt(1 + sigmas**2)
    x = alphas[0] * x0_true + noises[0] * rng.standard_normal(shape)
    frames: list[Frame] = []
    for call, (alpha, noise) in enumerate(zip(alphas, noises, strict=True)):
        x0 = _wiener(x, alpha, noise)
        cond = (x - alpha * x0) / noise
        uncond = cond + 0.1 * alpha * (x0_true - other)
        scale = film.request.guidance_scale
        guided = uncond + scale * (cond - uncond) if film.request.has_guidance else cond
        denoised = (x - noise * guided) / alpha
        if film.prediction_type == "v_prediction":
            cond, uncond, guided = (_velocity(x, eps, alpha, noise) for eps in (cond, uncond, guided))
        kept_x = x * np.sqrt(1 + sigmas[call] ** 2) if film.space == "ve" else x
        frames.append(
            Frame(
                call=call,
                step=film.schedule.steps[call],
                timestep=float(film.schedule.timesteps[call]),
                sigma=float(sigmas[call]),
                noisy=kept_x.astype(dtype),
                denoised=denoised.astype(dtype),
                guided=guided.astype(dtype),
                cond=cond.astype(dtype) if film.request.has_guidance else None,
                uncond=uncond.astype(dtype) if film.request.has_guidance else None,
            )
        )
        if call + 1 < len(alphas):
            x = alphas[call + 1] * denoised + noises[call + 1] * (x - alpha * denoised) / noise
    return frames


def _power(shape: tuple[int, int, int]) -> NDArray[np.float64]:
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(shape[1]), np.fft.fftfreq(shape[2]), indexing="ij"))
    power = 1 / np.maximum(frequency, 1 / max(shape)) ** 2
    return power / power.mean()


def _wiener(x: NDArray[np.float64], alpha: float, noise: float) -> NDArray[np.float64]:
    """E[x0 | x_t] for Gaussian x0 with the spectrum of `world`."""
    power = _power((x.shape[0], x.shape[1], x.shape[2]))
    gain = alpha * power / (alpha**2 * power + noise**2)
    return np.fft.ifft2(np.fft.fft2(x) * gain).real


def _velocity(x: NDArray[np.float64], eps: NDArray[np.float64], alpha: float, noise: float) -> NDArray[np.float64]:
    return alpha * eps - noise * (x - noise * eps) / alpha
