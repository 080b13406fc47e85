"""Our loop and diffusers' StableDiffusion3Pipeline give the same latents, bit for bit, with T5 and without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion_3 import (
    pipeline_stable_diffusion_3,
    pipeline_stable_diffusion_3_img2img,
)
from diffusers.pipelines.stable_diffusion_3.pipeline_stable_diffusion_3 import StableDiffusion3Pipeline
from diffusers.pipelines.stable_diffusion_3.pipeline_stable_diffusion_3_img2img import (
    StableDiffusion3Img2ImgPipeline,
)

from core.engine import families
from core.engine.devices.device import plan
from core.engine.engine import Engine
from core.engine.families import Family
from core.models.catalogue import Catalogue
from core.models.reading import read_model
from core.request.request import GenerationRequest, Size
from core.request.samplers import FLOW_SAMPLERS
from core.runs.branch import Branch
from core.runs.events import ImageReady
from core.runs.operations import Generate, GenerateBranch
from tests import tiny_flows
from tests.parity import our_latents, stock_pipeline
from tests.parity_flows import assert_same_from_a_picture, assert_same_picture, stock_flow_latents

SIZE = Size(32, 48)
REQUEST = GenerationRequest(
    "a red house", negative_prompt="fog", model="", size=SIZE, sampler="euler", steps=5, guidance_scale=3.5, seed=7
)
ASKED: dict[str, Any] = {"guidance_scale": REQUEST.guidance_scale, "negative_prompt": REQUEST.negative_prompt}


class Both:
    """A tiny model, loaded by us and by diffusers."""

    def __init__(self, folder: Path, has_t5: bool) -> None:
        self.folder = folder
        self.without = {} if has_t5 else {"text_encoder_3": None, "tokenizer_3": None}
        self.family: Family = families.load(read_model(folder, "tiny"), plan("cpu", "float32"))
        self.pipe: Any = stock_pipeline(StableDiffusion3Pipeline, folder, **self.without)

    @torch.inference_mode()
    def hidden(self, prompt: str, emphasis: str = "original") -> torch.Tensor:
        """Returns what the network reads of a prompt: 77 places of the CLIPs, 256 of T5."""
        request = replace(REQUEST, prompt=prompt, guidance_scale=1.0, emphasis=emphasis)
        return self.family._encode(self.family.texts(request)[0]).hidden  # pyright: ignore[reportPrivateUsage]


KINDS: dict[str, dict[str, bool]] = {
    "3.5 medium": {},
    "3.5 large without T5": {"is_medium": False, "has_t5": False},
    "3 medium": {"is_medium": False, "has_norm": False},
}


@pytest.fixture(scope="module", params=KINDS)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    kind = KINDS[request.param]
    return Both(tiny_flows.stable_diffusion_3(tmp_path_factory.mktemp("model"), **kind), kind.get("has_t5", True))


@pytest.mark.parametrize(("guidance_scale", "batch"), [(1.0, 1), (3.5, 2)])
@pytest.mark.parametrize("sampler", FLOW_SAMPLERS)
def test_latents_equal_those_of_the_stock_pipeline(
    sampler: str, guidance_scale: float, batch: int, both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = replace(REQUEST, sampler=sampler, guidance_scale=guidance_scale)
    ours = our_latents(both.family, request, batch)
    assert torch.isfinite(ours).all()
    stock = stock_flow_latents(
        both.pipe,
        pipeline_stable_diffusion_3,
        both.family,
        request,
        monkeypatch,
        batch,
        guidance_scale=guidance_scale,
        negative_prompt=request.negative_prompt,
    )
    assert torch.equal(ours, stock)


@pytest.mark.parametrize("sampler", FLOW_SAMPLERS)
def test_guidance_away_from_fewer_layers_equals_that_of_the_stock_pipeline(
    sampler: str, both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = replace(REQUEST, sampler=sampler, steps=12, skip_layers=2.8)
    ours = our_latents(both.family, request, 2)
    stock = stock_flow_latents(
        both.pipe,
        pipeline_stable_diffusion_3,
        both.family,
        request,
        monkeypatch,
        batch=2,
        guidance_scale=request.guidance_scale,
        negative_prompt=request.negative_prompt,
        skip_guidance_layers=[7, 8, 9],
        skip_layer_guidance_scale=2.8,
    )
    assert torch.equal(ours, stock)
    assert not torch.equal(ours, our_latents(both.family, replace(request, skip_layers=0.0), 2))


def test_a_film_with_skipped_layers_is_replayed_and_goes_on_to_the_bit(both: Both, tmp_path: Path) -> None:
    engine = Engine(Catalogue((both.folder,)), "cpu", "float32")
    request = replace(REQUEST, model=both.folder.name, steps=12, skip_layers=2.8)
    (*_, ready) = engine.run(Generate(request))
    assert isinstance(ready, ImageReady)
    (*_, again) = engine.run(GenerateBranch(Branch(ready.film, 2, ready.film.request)))
    assert isinstance(again, ImageReady)
    assert np.array_equal(again.image.pixels, ready.image.pixels)


def test_the_settings_are_those_of_the_variant(tmp_path: Path) -> None:
    def settings(folder: Path) -> tuple[int, float, float]:
        own = read_model(folder, folder.name).defaults
        return own.steps, own.guidance_scale, own.skip_layers

    medium = tiny_flows.stable_diffusion_3(tmp_path / "sd3.5-medium")
    large = tiny_flows.stable_diffusion_3(tmp_path / "sd3.5-large", is_medium=False)
    assert settings(medium) == (40, 4.5, 2.8)
    assert settings(large) == (28, 3.5, 0.0)
    assert settings(large.rename(tmp_path / "sd3.5_large_turbo")) == (4, 1.0, 0.0)


@pytest.mark.parametrize("emphasis", ["original", "no_norm", "ignore", "none", "plain"])
def test_weights_of_words_act_on_all_encoders(emphasis: str, both: Both) -> None:
    usual, weighed = both.hidden("a red house"), both.hidden("a (red:1.4) house", emphasis)
    clip, t5 = (not torch.equal(usual[:, part], weighed[:, part]) for part in (slice(77), slice(-256, None)))
    acts, has_t5 = emphasis != "ignore", not both.without
    assert clip is acts
    assert t5 is (acts and has_t5)


def test_the_padding_of_t5_is_weighed_as_it_is_and_words_go_further_from_nothing(both: Both) -> None:
    nothing, plain, weighed = (both.hidden(prompt)[:, -256:] for prompt in ("", "a", "(a:1.5)"))
    if both.without:
        assert not weighed.any()
        return
    words = slice(0, 2)  # the space before the word and its letter
    assert torch.allclose(weighed[:, words], nothing[:, words] + 1.5 * (plain - nothing)[:, words], atol=1e-5)
    assert torch.allclose(weighed[:, 2:], plain[:, 2:], atol=1e-5)


def test_the_picture_equals_that_of_the_stock_pipeline(both: Both) -> None:
    assert_same_picture(both.folder, both.family, both.pipe, REQUEST, **ASKED)


def test_a_run_that_begins_with_a_picture_equals_the_stock_one(
    both: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = stock_pipeline(StableDiffusion3Img2ImgPipeline, both.folder, **both.without)
    assert_same_from_a_picture(
        pipe,
        pipeline_stable_diffusion_3_img2img,
        both.family,
        REQUEST,
        tmp_path,
        monkeypatch,
        torch.clone,
        **ASKED,
    )
