"""A family is known by one light file that is whole; models get the settings that they were distilled for."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import diffusers
import pytest

from core.families import FAMILIES, family_of_pipeline, is_encoder, is_network
from core.families.spec import DefaultSettings, FamilySpec
from core.request.request import STEPS
from core.request.samplers import SAMPLERS
from tests.made_up_family import SPEC as MADE_UP
from tests.tiny_families import TINY_MODELS

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> FamilySpec:
    return FAMILIES[request.param]


def test_it_has_a_tiny_model_for_the_tests(family: FamilySpec) -> None:
    assert family.key in {one.family for one in TINY_MODELS.values()}


def test_its_twin_loads_the_parts_that_it_names(family: FamilySpec) -> None:
    twin = import_module(family.engine)
    assert set(twin.KINDS) == set(family.parts)
    assert callable(twin.load)
    assert is_network(family.network)
    assert all(is_encoder(name) for name in family.text_encoders)


def test_the_defaults_of_all_its_variants_can_be_asked_for(family: FamilySpec) -> None:
    every: list[DefaultSettings] = [family.defaults, *(variant.defaults for variant in family.variants)]
    for settings in every:
        assert settings.sampler in family.samplers
        assert settings.steps in range(STEPS[0], (SAMPLERS[settings.sampler].most_steps or STEPS[-1]) + 1)
    assert all(variant.words or variant.pattern or variant.config_key for variant in family.variants)


def test_what_it_names_in_the_libraries_is_there(family: FamilySpec) -> None:
    for name in family.transformers_parts:
        assert import_module(f"transformers.models.{name}")
    for name in family.diffusers_pipelines:
        assert import_module(f"diffusers.pipelines.{name}")
    if family is not MADE_UP:
        assert all(hasattr(diffusers, name) for name in family.pipelines)
    assert all(family_of_pipeline(name) is family for name in family.pipelines)


def test_every_twin_belongs_to_a_family() -> None:
    named = {f"{family.engine.replace('.', '/')}.py" for family in FAMILIES.values()}
    shared = {"__init__", "loaded"}
    present = [path for path in (ROOT / "core/engine/families").glob("*.py") if path.stem not in shared]
    assert {str(path.relative_to(ROOT).as_posix()) for path in present} <= named


@pytest.mark.parametrize(
    ("family", "name", "sampler", "steps", "scale"),
    [
        ("stable_diffusion", "dreamshaper_8", "dpmpp_2m", 25, 7.0),
        ("stable_diffusion", "dreamshaper_8LCM", "lcm", 6, 1.5),
        ("stable_diffusion_xl", "sd_xl_turbo_1.0_fp16", "euler_a", 4, 1.0),
        ("stable_diffusion_xl", "juggernautXL_lightning", "euler", 8, 1.0),
        ("stable_diffusion_xl", "hyperion", "dpmpp_2m", 30, 6.0),
        ("z_image", "z_image_turbo_bf16", "euler", 8, 1.0),
        ("z_image", "z-image-bf16", "euler", 28, 5.0),
        ("qwen_image", "qwen_image_2512_fp8_e4m3fn", "euler", 50, 4.0),
        ("qwen_image", "qwen_image_edit_fp8_e4m3fn", "euler", 50, 4.0),
        ("qwen_image", "Qwen-Image-Edit-2509-Q4_K_M", "euler", 40, 4.0),
        ("qwen_image", "qwen_image_edit_2511_bf16", "euler", 40, 4.0),
        ("qwen_image", "Qwen-Image-Edit-2511-Lightning-4steps-fp8", "euler", 8, 1.0),
        ("flux1", "flux1-dev-fp8", "euler", 28, 3.5),
        ("flux1", "flux1-krea-dev", "euler", 28, 4.5),
        ("flux1", "flux1-schnell", "euler", 4, 1.0),
        ("chroma", "Chroma1-HD-fp8mixed", "euler", 40, 3.0),
        ("chroma", "Chroma1-HD-Flash", "euler", 16, 1.0),
        ("krea2", "krea2_turbo_int8_convrot", "euler", 8, 1.0),
        ("krea2", "krea2_raw_fp8_scaled", "euler", 28, 5.5),
        ("flux2_klein", "flux-2-klein-4b-fp8", "euler", 4, 1.0),
        ("flux2_klein", "flux-2-klein-base-9b", "euler", 50, 4.0),
    ],
)
def test_settings_follow_what_a_model_was_distilled_for(
    family: str, name: str, sampler: str, steps: int, scale: float
) -> None:
    settings = FAMILIES[family].defaults_of(name, {})
    assert (settings.sampler, settings.steps, settings.guidance_scale) == (sampler, steps, scale)
