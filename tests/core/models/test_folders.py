"""Models are found in place, in one's own folders and in those of other programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.models.folders import FixedPlaces, key_of, models_in, part_files_in
from core.models.told_folders import FILE_NAME, with_told


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


def test_folders_that_comfyui_names_are_looked_at_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIVE", str(tmp_path / "drive"))
    (tmp_path / "comfy" / "models").mkdir(parents=True)
    (tmp_path / "comfy" / FILE_NAME).write_text(
        """
a1111:
    base_path: ../webui
    is_default: true
    checkpoints: models/Stable-diffusion
    loras: |
        models/Lora
        models/LyCORIS
    embeddings: embeddings
mine:
    text_encoders: $DRIVE/encoders
    controlnet: /elsewhere
""",
        "utf-8",
    )
    placed(tmp_path, "webui/models/Stable-diffusion/a.safetensors", "drive/encoders/b.safetensors")
    own = tmp_path / "comfy" / "models"
    told = with_told(FixedPlaces((own,), model_parts={"a/vae": "b"}))
    base = tmp_path / "comfy" / ".." / "webui"
    assert told.model_folders == (own, base / "models/Stable-diffusion", tmp_path / "drive" / "encoders")
    assert told.lora_places == (base / "models/Lora", base / "models/LyCORIS")
    assert told.embedding_places == (base / "embeddings",)
    assert told.model_parts == {"a/vae": "b"}
    found = [path.name for folder in told.model_folders for path in models_in(folder)]
    assert found == ["a.safetensors", "b.safetensors"]


@pytest.mark.parametrize(
    "content", ["", "[", "a: [1, 2]", "a: {b: {c: d}}", "- x", "&a [*a]", "\0", "a:\n  loras: 1"]
)
def test_a_strange_list_of_folders_names_none_and_harms_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content, "utf-8")
    told = with_told(FixedPlaces((tmp_path,)))
    assert told.model_folders == (tmp_path,)


def test_a_repository_in_the_cache_of_the_hub_has_its_own_name(tmp_path: Path) -> None:
    placed(tmp_path, "hub/models--Tongyi-MAI--Z-Image-Turbo/snapshots/0123abcd/model_index.json")
    (found,) = models_in(tmp_path / "hub")
    assert key_of(found) == "Z-Image-Turbo"


def test_parts_are_files_or_the_folders_of_transformers(tmp_path: Path) -> None:
    shards = [f"t5/model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    placed(tmp_path, "models/qwen.safetensors", *(f"text_encoders/{name}" for name in (*shards, "t5/config.json")))
    placed(tmp_path, "vae/model.safetensors")  # without a configuration a lone file
    found = {path.relative_to(tmp_path).as_posix() for path in part_files_in((tmp_path / "models",))}
    assert found == {"models/qwen.safetensors", "text_encoders/t5", "vae/model.safetensors"}


def test_a_drive_that_is_away_has_no_parts_and_is_no_error(tmp_path: Path) -> None:
    assert list(part_files_in((tmp_path / "away",))) == []
    assert with_told(FixedPlaces((tmp_path / "away",))).model_folders == (tmp_path / "away",)
