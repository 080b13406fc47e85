"""The forward process on a picture of one's own, with tiny real components."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.engine.engine import Engine
from core.errors import InvalidRequest, OutOfMemory, UnreadablePicture
from core.film.latent_rgb import LatentRgb
from core.measures.conversions import standard_noise
from core.models.catalogue import Catalogue
from core.request.request import GenerationRequest, Size, Source
from core.runs.events import Stepped
from core.runs.operations import EncodePicture, Generate, PredictOnce, result_of
from core.runs.round_trip import RoundTrip, strength_of
from tests import tiny

SIZE = Size(32, 32)


@pytest.fixture(scope="module", params=["epsilon", "v_prediction", "sample", "epsilon XL"])
def models(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    prediction_type, _, is_xl = request.param.partition(" ")
    make = tiny.stable_diffusion_xl if is_xl else tiny.stable_diffusion
    make(folder / "tiny", prediction_type)
    return folder


@pytest.fixture(scope="module")
def engine(models: Path) -> Engine:
    return Engine(Catalogue((models,)), "cpu", "float32")


@pytest.fixture
def request_of(tmp_path: Path) -> GenerationRequest:
    path = tmp_path / "photo.png"
    pixels = np.random.default_rng(1).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return GenerationRequest(
        "a house", model="tiny", size=SIZE, guidance_scale=3.0, steps=10, seed=4, source=Source(str(path), 1.0)
    )


def test_the_round_trip_is_deterministic_and_knows_what_it_costs(
    engine: Engine, request_of: GenerationRequest
) -> None:
    trip, again = (
        result_of(engine, EncodePicture(request_of)).trip,
        result_of(engine, EncodePicture(request_of)).trip,
    )
    assert np.array_equal(trip.latent, again.latent)
    assert trip.picture.shape == trip.decoded.shape == (32, 32, 3)
    assert trip.original == Size(60, 40)
    assert trip.latent.shape == (4, 8, 8)
    assert trip.fewer_values == 12
    assert trip.compression == 6
    error = np.mean((trip.picture.astype(float) - trip.decoded) ** 2)
    assert trip.psnr == pytest.approx(10 * math.log10(255**2 / error))


def test_the_schedule_is_the_models_own(engine: Engine, request_of: GenerationRequest) -> None:
    found = result_of(engine, EncodePicture(request_of)).trip.alphas_cumprod
    assert found.shape == (1000,)
    assert np.all(np.diff(found) < 0)
    betas = np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    plain = np.cumprod(1 - betas)
    if found[-1] == 0:  # v-prediction: rescaled to zero terminal SNR (Lin et al. 2024, algorithm 1)
        root = np.sqrt(plain)
        plain = ((root - root[-1]) * root[0] / (root[0] - root[-1])) ** 2
    np.testing.assert_allclose(found, plain, rtol=1e-4, atol=1e-6)


def trip_of(latent: np.ndarray, alphas_cumprod: np.ndarray) -> RoundTrip:
    nothing = np.zeros((8, 8, 3), np.uint8)
    linear = LatentRgb(np.zeros((len(latent), 3), np.float32), np.zeros(3, np.float32))
    return RoundTrip(nothing, Size(8, 8), latent, nothing, alphas_cumprod, linear)


def test_noised_latents_have_mean_and_variance_of_the_closed_form() -> None:
    x0 = np.array([[[1.5, -0.5]], [[0.0, 3.0]]], np.float32)
    alphas = np.array([0.999, 0.6, 0.05, 0.0])
    trip = trip_of(x0, alphas)
    for t, alpha in enumerate(alphas):
        draws = np.stack([trip.noised(t, standard_noise(x0.shape, seed)) for seed in range(10_000)])
        deviation = math.sqrt(1 - alpha)
        np.testing.assert_allclose(draws.mean(0), math.sqrt(alpha) * x0, atol=5 * deviation / 100 + 1e-6)
        np.testing.assert_allclose(draws.var(0), 1 - alpha, rtol=0.08, atol=1e-6)
        assert trip.sigma(t) == (math.inf if alpha == 0 else pytest.approx(deviation / math.sqrt(alpha)))


def test_one_step_is_what_the_loop_believes_in_at_the_same_noise(
    engine: Engine, request_of: GenerationRequest
) -> None:
    """x_t of a DDIM run, given to the page, has the x0 of that run's frame."""
    plain = replace(request_of, source=None, sampler="ddim")
    steps = [event for event in engine.run(Generate(plain)) if isinstance(event, Stepped)]
    trip = result_of(engine, EncodePicture(request_of)).trip
    for stepped in (steps[0], steps[5], steps[-1]):
        frame = stepped.frame
        found = result_of(engine, PredictOnce(plain, trip, frame.noisy, int(frame.timestep)))
        np.testing.assert_allclose(found.latent, frame.denoised, rtol=1e-4, atol=1e-4)
        assert found.denoised.shape == found.noisy.shape == (32, 32, 3)


@pytest.mark.parametrize("steps", [1, 4, 20, 30, 100])
def test_the_strength_begins_the_run_where_the_slider_stands(steps: int) -> None:
    for t in range(0, 1000, 7):
        strength = strength_of(t, 1000, steps)
        made = Source("x", strength).steps_of(steps)
        assert made == min(max(round((t + 1) / 1000 * steps), 1), steps)
        assert 0 < strength <= 1


def test_bad_pictures_are_told(engine: Engine, request_of: GenerationRequest, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture")
    with pytest.raises(UnreadablePicture):
        result_of(engine, EncodePicture(replace(request_of, source=Source(str(broken), 1.0))))
    with pytest.raises(InvalidRequest):
        result_of(engine, EncodePicture(replace(request_of, source=Source(str(tmp_path / "gone.png"), 1.0))))


@pytest.mark.parametrize(
    "broken",
    ["autoencoders.autoencoder_kl.AutoencoderKL.encode", "unets.unet_2d_condition.UNet2DConditionModel.forward"],
)
def test_too_little_memory_is_told(
    engine: Engine, request_of: GenerationRequest, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    trip = result_of(engine, EncodePicture(request_of)).trip

    def fail(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(f"diffusers.models.{broken}", fail)
    with pytest.raises(OutOfMemory):
        result_of(
            engine, PredictOnce(request_of, result_of(engine, EncodePicture(request_of)).trip, trip.latent, 500)
        )
