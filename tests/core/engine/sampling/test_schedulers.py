"""The schedule that a film shows is the one that the scheduler follows."""

from __future__ import annotations

from pathlib import Path

import diffusers
import numpy as np
import pytest
import torch

from core.engine.sampling.schedulers import SamplerRun, build
from core.errors import InvalidRequest
from core.request.samplers import SAMPLERS
from tests import tiny


def sampling(
    sampler: str, prediction_type: str = "epsilon", steps: int = 8, skipped: int = 0, **changes: object
) -> SamplerRun:
    return build(sampler, dict(tiny.scheduler(prediction_type, **changes).config), steps, skipped)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_exists_in_diffusers_and_is_described(sampler: str) -> None:
    spec = SAMPLERS[sampler]
    assert hasattr(diffusers, spec.scheduler)
    assert spec.about.endswith(".")
    assert spec.label


def test_samplers_that_pictures_were_made_with_keep_their_names() -> None:
    released = (
        "ddpm ddim lms pndm euler euler_a heun dpm2 dpm2_a dpmpp_2m dpmpp_2m_karras dpmpp_2m_sde "
        "dpmpp_2m_sde_karras deis unipc lcm tcd"
    )
    assert set(released.split()) <= set(SAMPLERS)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction"])
def test_sigmas_are_those_by_which_the_scheduler_scales(sampler: str, prediction_type: str) -> None:
    run = sampling(sampler, prediction_type)
    x = torch.full((1, 1, 2, 2), 2.0)
    probe = torch.ones_like(x)
    for call, t in enumerate(run.timesteps):
        scaled = run.scheduler.scale_model_input(probe, t)[0, 0, 0, 0].item()
        expected = 1.0 / np.sqrt(1 + run.schedule.sigmas[call] ** 2) if run.space == "ve" else 1.0
        assert scaled == pytest.approx(expected, rel=1e-4)
        x = run.step(torch.zeros_like(x), t, x, [torch.Generator()])
        assert torch.isfinite(x).all()


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_noise_falls_from_step_to_step(sampler: str) -> None:
    schedule = sampling(sampler).schedule
    assert list(schedule.steps) == sorted(schedule.steps)
    assert (schedule.steps[0], schedule.steps[-1]) == (0, 7)
    firsts = [schedule.steps.index(step) for step in range(8)]
    assert (np.diff(schedule.sigmas[firsts]) < 0).all()


@pytest.mark.parametrize(
    ("sampler", "calls"), [("ddim", 8), ("pndm", 9), ("heun", 15), ("dpm2", 15), ("dpm2_a", 15)]
)
def test_calls_are_told_from_steps(sampler: str, calls: int) -> None:
    assert sampling(sampler).schedule.calls == calls


def test_vp_samplers_agree_with_the_closed_form_of_the_betas() -> None:
    betas = np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    alphas_cumprod = np.cumprod(1 - betas)
    for sampler in ("ddim", "ddpm", "euler", "dpmpp_2m"):
        schedule = sampling(sampler).schedule
        expected = alphas_cumprod[schedule.timesteps.astype(int)]
        assert 1 / (1 + schedule.sigmas**2) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_zero_terminal_snr_is_honoured_by_every_sampler(sampler: str) -> None:
    most = (SAMPLERS[sampler].sigmas or (0, 4095))[1]
    assert sampling(sampler, "v_prediction").schedule.sigmas[0] >= most


@pytest.mark.parametrize("sampler", [key for key, spec in SAMPLERS.items() if spec.sigmas is not None])
@pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction"])
def test_a_range_of_noise_levels_is_kept_within_that_of_the_training(sampler: str, prediction_type: str) -> None:
    """The tiny models are trained up to 14.6, with zero terminal SNR up to 4096."""
    run = sampling(sampler, prediction_type)
    least, most = SAMPLERS[sampler].sigmas or (0.0, 0.0)
    trained = float((1 / run.scheduler.alphas_cumprod[-1] - 1) ** 0.5)
    assert run.schedule.sigmas[0] == pytest.approx(min(most, trained))
    assert run.schedule.sigmas[-1] == pytest.approx(least)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("steps", [1, 2])
def test_very_few_steps_work(sampler: str, steps: int) -> None:
    run = sampling(sampler, steps=steps)
    x = torch.ones((1, 1, 2, 2))
    for t in run.timesteps:
        x = run.step(torch.zeros_like(x), t, run.scheduler.scale_model_input(x, t), [torch.Generator()])
    assert torch.isfinite(x).all()


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_skipped_steps_leave_the_end_of_the_run(sampler: str) -> None:
    whole, rest = sampling(sampler).schedule, sampling(sampler, skipped=5).schedule
    assert set(rest.steps) == {5, 6, 7}
    levels = whole.sigmas[whole.steps.index(5) :]
    assert list(dict.fromkeys(rest.sigmas)) == list(dict.fromkeys(levels))


@pytest.mark.parametrize("skipped", [0, 1, 5, 7])
@pytest.mark.parametrize("sampler", ["ddim", "pndm", "dpmpp_2m"])
def test_the_end_of_a_run_takes_away_all_the_noise_that_was_added_for_it(sampler: str, skipped: int) -> None:
    run = sampling(sampler, skipped=skipped, set_alpha_to_one=True)
    x0, noise = torch.randn((2, 1, 4, 8, 8), generator=torch.Generator().manual_seed(3))
    x = run.scheduler.add_noise(x0, noise, run.timesteps[:1])
    for t in run.timesteps:
        x = run.step(noise, t, x, [torch.Generator()])
    assert torch.allclose(x, x0, atol=1e-4)


def test_a_prediction_that_a_sampler_cannot_take_is_refused_before_the_run() -> None:
    with pytest.raises(InvalidRequest, match="sample prediction"):
        sampling("pndm", "sample")
    assert sampling("ddim", "sample").prediction_type == "sample"


def test_the_checkpoint_keeps_its_own_spacing(tmp_path: Path) -> None:
    config = dict(tiny.scheduler(timestep_spacing="trailing").config)
    assert build("euler", config, 4).schedule.timesteps[0] == 999
    assert build("euler", config | {"timestep_spacing": "leading"}, 4).schedule.timesteps[0] < 999


def test_the_name_of_a_sampler_decides_and_not_the_one_that_the_folder_chooses() -> None:
    config = dict(tiny.scheduler().config)
    chosen = config | {"use_karras_sigmas": True, "algorithm_type": "sde-dpmsolver++", "solver_order": 3}
    for name in ("euler", "dpmpp_2m"):
        plain, other = build(name, config, 6), build(name, chosen, 6)
        assert np.array_equal(plain.schedule.sigmas, other.schedule.sigmas)
        assert plain.config.get("algorithm_type") == other.config.get("algorithm_type")
    assert not build("ddim", config | {"clip_sample": True}, 6).config["clip_sample"]


def test_betas_of_the_checkpoints_own_are_rescaled_too() -> None:
    config = dict(tiny.scheduler(prediction_type="v_prediction").config) | {"rescale_betas_zero_snr": True}
    trained = np.linspace(0.001, 0.01, config["num_train_timesteps"]).tolist()
    own = build("heun", config | {"trained_betas": trained}, 6).schedule.sigmas
    like = config | {"beta_schedule": "linear", "beta_start": 0.001, "beta_end": 0.01}
    assert np.allclose(own, build("heun", like, 6).schedule.sigmas, rtol=1e-4)
