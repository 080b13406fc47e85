"""Files of embeddings: their forms, and where they are found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from core.checkpoints.cache import CheckpointCache
from core.embeddings.file import read_embedding
from core.embeddings.library import EmbeddingLibrary
from core.errors import ModelBroken


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


@pytest.mark.parametrize(
    ("tensors", "vectors", "widths", "made_for"),
    [
        ({"emb_params": zeros(8, 768)}, 8, (768,), "Stable Diffusion 1.x"),
        ({"emb_params": zeros(2, 1024)}, 2, (1024,), "Stable Diffusion 2.x"),
        ({"clip_g": zeros(3, 1280), "clip_l": zeros(3, 768)}, 3, (768, 1280), "Stable Diffusion XL"),
        ({"<cat-toy>": zeros(768)}, 1, (768,), "Stable Diffusion 1.x"),
        ({"*": zeros(2, 33)}, 2, (33,), "a network for prompts of width 33"),
    ],
)
def test_each_form_is_read(
    tensors: dict[str, np.ndarray], vectors: int, widths: tuple[int, ...], made_for: str, tmp_path: Path
) -> None:
    save_file(tensors, tmp_path / "soft.safetensors")
    file = read_embedding(tmp_path / "soft.safetensors")
    assert (file.name, file.vectors, file.widths, file.made_for) == ("soft", vectors, widths, made_for)


@pytest.mark.parametrize(
    "tensors",
    [
        {"a": zeros(2, 768), "b": zeros(2, 768)},
        {"clip_l": zeros(2, 768), "clip_g": zeros(3, 1280)},
        {"a": zeros(0, 768)},
        {"a": zeros(2, 3, 768)},
        {},
    ],
)
def test_other_files_are_refused(tensors: dict[str, np.ndarray], tmp_path: Path) -> None:
    save_file(tensors, tmp_path / "a.safetensors")
    with pytest.raises(ModelBroken):
        read_embedding(tmp_path / "a.safetensors")


def test_they_are_found_where_other_programs_keep_them(tmp_path: Path) -> None:
    """ComfyUI: models/embeddings; AUTOMATIC1111's program: embeddings beside models."""
    webui = tmp_path / "models" / "Stable-diffusion"
    for path in (
        tmp_path / "models" / "embeddings" / "style" / "comfy.safetensors",
        tmp_path / "embeddings" / "web.safetensors",
        webui / "embeddings" / "own.safetensors",
        tmp_path / "elsewhere" / "lone.safetensors",
        tmp_path / "embeddings" / "own.safetensors",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({"emb_params": zeros(2, 768)}, path)
    (tmp_path / "embeddings" / "pickle.pt").write_bytes(b"\x80\x02")
    (tmp_path / "embeddings" / "broken.safetensors").write_bytes(b"no")
    lone = tmp_path / "elsewhere" / "lone.safetensors"
    library = EmbeddingLibrary((webui,), (lone,), CheckpointCache())
    found = library.look()
    assert [file.name for file in found] == ["comfy", "lone", "own", "web"]
    assert found[2].path.is_relative_to(webui)
    assert len(library.hash_of(lone)) == 12
