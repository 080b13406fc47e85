"""Several parts of a prompt in one call of a U-Net, for every kind of network and guidance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from core.engine import families
from core.engine.devices.device import plan
from core.engine.families import Family
from core.engine.sampling.denoising import Timestep
from core.engine.sampling.guidance import Prediction
from core.models.reading import read_model
from core.request.request import GenerationRequest, Size
from tests import tiny

REQUEST = GenerationRequest("", "fog", size=Size(32, 24), seed=1)
MAKERS: dict[str, Callable[[Path], Path]] = {
    "stable_diffusion": tiny.stable_diffusion,
    "lcm": partial(tiny.stable_diffusion, time_cond_proj_dim=8),
    "stable_diffusion_xl": partial(tiny.stable_diffusion_xl, second=64, zeros=False),
    "with zeros": partial(tiny.stable_diffusion_xl, second=64),
}


@pytest.fixture(scope="module", params=MAKERS)
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Family:
    folder = MAKERS[request.param](tmp_path_factory.mktemp("model"))
    return families.load(read_model(folder, "tiny"), plan("cpu", "float32"))


def predicted(family: Family, prompt: str, guidance_scale: float, negative: str, batch: int = 1) -> Prediction:
    request = replace(REQUEST, prompt=prompt, guidance_scale=guidance_scale, negative_prompt=negative)
    x = torch.randn((1, 4, 12, 16), generator=torch.Generator().manual_seed(3)).repeat(batch, 1, 1, 1)
    with torch.inference_mode():
        return family.read_prompt(request, batch)(x, Timestep(torch.tensor(500), 500))


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("negative", ["", "fog"])
@pytest.mark.parametrize("guidance_scale", [1.0, 4.0])
def test_parts_are_summed_by_their_weights(
    family: Family, guidance_scale: float, negative: str, batch: int
) -> None:
    both = predicted(family, "a cat :1.5 AND a dog :-0.5", guidance_scale, negative, batch)
    cat, dog = (predicted(family, text, guidance_scale, negative) for text in ("a cat", " a dog"))
    uncond = predicted(family, "a cat AND a dog", 4.0, negative).uncond
    if uncond is None:  # a network that was taught the scale makes that pass for the parts alone; weights sum to 1
        uncond = torch.zeros_like(cat.cond)
    expected = uncond + 1.5 * (cat.cond - uncond) - 0.5 * (dog.cond - uncond)
    assert both.cond.shape[0] == batch
    assert torch.allclose(both.cond, expected.expand_as(both.cond), atol=1e-4)
    assert (both.uncond is None) is (cat.uncond is None)


def test_equal_parts_of_weights_that_sum_to_one_are_one_part(family: Family) -> None:
    one, halves = (predicted(family, text, 4.0, "fog") for text in ("a cat", "a cat :0.5 AND a cat :0.5"))
    assert not torch.allclose(one.cond, torch.zeros_like(one.cond))
    assert torch.allclose(halves.cond, predicted(family, "a cat :1 AND a cat :0", 4.0, "fog").cond, atol=1e-4)
