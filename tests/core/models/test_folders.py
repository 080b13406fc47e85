"""Models are found in place, in one's own folders and in those of other programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.models.defaults import default_settings
from core.models.folders import models_in


def placed(root: Path, *paths: str) -> None:
    for name in paths:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


@pytest.mark.parametrize(
    ("files", "pointed", "found"),
    [
        (["models/Stable-diffusion/sub/a.safetensors", "models/Lora/b.safetensors"], ".", ["a.safetensors"]),
        (["models/checkpoints/a.safetensors", "models/vae/b.safetensors"], ".", ["a.safetensors"]),
        (["models/checkpoints/a.safetensors"], "models/checkpoints", ["a.safetensors"]),
        (["models/diffusion_models/z.SAFETENSORS", "output/c.safetensors"], "models", ["z.SAFETENSORS"]),
        (["models/sdxl/main/x/model_index.json", "models/sdxl/main/x/unet/u.safetensors"], ".", ["x"]),
        (["m/model_index.json", "m/unet/u.safetensors", "n.safetensors"], ".", ["m", "n.safetensors"]),
        (["m/model_index.json"], "m", ["m"]),
        (["a.safetensors"], "a.safetensors", ["a.safetensors"]),
        ([".hidden/a.safetensors", "a.ckpt", "venv/lib/b.safetensors"], ".", []),
        ([], "away", []),
    ],
)
def test_models_are_found(files: list[str], pointed: str, found: list[str], tmp_path: Path) -> None:
    placed(tmp_path, *files)
    assert [path.name for path in models_in(tmp_path / pointed)] == found


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
    settings = default_settings(family, name, has_embedded_guidance=False)
    assert (settings.sampler, settings.steps, settings.guidance_scale) == (sampler, steps, scale)
