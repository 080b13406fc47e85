"""Models are found in place, in one's own folders and in those of other programs."""

from __future__ import annotations

from pathlib import Path

import pytest

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
