"""ControlNet unions for Stable Diffusion XL give the pictures of diffusers' own pipeline, bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from diffusers.models.controlnets.multicontrolnet_union import MultiControlNetUnionModel
from diffusers.pipelines.controlnet.pipeline_controlnet_union_sd_xl import StableDiffusionXLControlNetUnionPipeline

from core.control.file import UNION
from core.control.types import UNION_NUMBERS
from core.request.control import Control
from tests import tiny, tiny_controls
from tests.core.engine.families.test_controls import REQUEST, SIZE, assert_same, control, pictures, stock
from tests.parity import stock_pipeline

TYPES = {"union": 6, "promax": 8}
SEEDS = {"union": 3, "promax": 5}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model, two unions as lone files, and pictures."""
    folder = tmp_path_factory.mktemp("models")
    model = tiny.stable_diffusion_xl(folder / "tiny")
    for name, types in TYPES.items():
        tiny_controls.save_lone(tiny_controls.union(model, SEEDS[name], types), folder / "controlnet", name)
        tiny_controls.picture(folder, SIZE, SEEDS[name], f"{name}.png")
    return folder


def shown(models: Path, name: str, kind: str, *how: float) -> Control:
    return replace(control(models, name, *how), type=kind)


def assert_as_stock(models: Path, controls: Sequence[Control], guidance_scale: float, **asked: Any) -> None:
    """Runs the stock pipeline with the network of the first control, or with those of all where they differ."""
    request = replace(REQUEST, guidance_scale=guidance_scale, controls=tuple(controls))
    modes = [UNION_NUMBERS[UNION][one.type] for one in controls]
    images = [pictures(models, Path(one.path).stem) for one in controls]
    names = list(dict.fromkeys(one.name for one in controls))
    nets = [tiny_controls.union(models / "tiny", SEEDS[name], TYPES[name]) for name in names]
    pipe = stock_pipeline(
        StableDiffusionXLControlNetUnionPipeline,
        models / "tiny",
        controlnet=MultiControlNetUnionModel(nets) if len(nets) > 1 else nets[0],
        add_watermarker=False,
    )
    weights = [one.weight for one in controls]
    asked |= {
        "control_image": images,
        "control_mode": modes,
        "controlnet_conditioning_scale": weights if len(controls) > 1 else weights[0],
    }
    assert_same(models, request, stock(pipe, models, request, **asked))


@pytest.mark.parametrize("guidance_scale", [1.0, 5.0])
@pytest.mark.parametrize(("name", "kind"), [("union", "pose"), ("union", "segment"), ("promax", "repaint")])
def test_one_map(models: Path, name: str, kind: str, guidance_scale: float) -> None:
    acts = {"control_guidance_start": 0.2, "control_guidance_end": 0.7}
    assert_as_stock(models, [shown(models, name, kind, 0.6, 0.2, 0.7)], guidance_scale, **acts)


@pytest.mark.parametrize("guidance_scale", [1.0, 5.0])
def test_two_maps_of_one_network_are_joined_in_one_call(models: Path, guidance_scale: float) -> None:
    other = shown(models, "promax", "tile", 0.5)
    both = [shown(models, "union", "depth", 0.8), replace(other, name="union", type="canny")]
    assert_as_stock(models, both, guidance_scale)


def test_two_networks(models: Path) -> None:
    assert_as_stock(models, [shown(models, "union", "depth", 0.8), shown(models, "promax", "tile", 0.5)], 5.0)
