"""Weights are looked at before anything reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from core.checkpoints.weights import weights_of
from core.errors import ModelBroken


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "diffusion_pytorch_model.safetensors"
    safetensors.numpy.save_file({"a": np.zeros((4, 4), np.float32), "b": np.ones(3, np.float32)}, path)
    return path


def test_a_damaged_file_is_named(weights: Path) -> None:
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ModelBroken, match="cut off") as refused:
        weights_of(weights.parent)
    assert refused.value.path == weights


def test_pickled_weights_are_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "diffusion_pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(ModelBroken, match="pickled"):
        weights_of(tmp_path)


def test_an_empty_or_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelBroken, match=r"no \.safetensors"):
        weights_of(tmp_path)
    with pytest.raises(ModelBroken, match="missing"):
        weights_of(tmp_path / "unet")


def test_the_fp16_variant_is_used_only_where_there_is_no_other(weights: Path) -> None:
    assert weights_of(weights.parent) == (weights,)
    half = weights.with_name("diffusion_pytorch_model.fp16.safetensors")
    half.write_bytes(weights.read_bytes())
    assert weights_of(weights.parent) == (weights,)
    weights.unlink()
    assert weights_of(weights.parent) == (half,)
