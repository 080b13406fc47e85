"""A family is known by one light file; models get the settings that they were distilled for."""

from __future__ import annotations

import pytest

from core.families import FAMILIES


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
    ],
)
def test_settings_follow_what_a_model_was_distilled_for(
    family: str, name: str, sampler: str, steps: int, scale: float
) -> None:
    settings = FAMILIES[family].defaults_of(name, {})
    assert (settings.sampler, settings.steps, settings.guidance_scale) == (sampler, steps, scale)
