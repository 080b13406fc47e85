"""Weights are counted without loading them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from core.errors import ModelBroken
from core.models.model_weights import ModelWeights
from core.models.parameter_count import weights_in
from tests import tiny


def test_weights_are_counted_by_part_without_loading_them(models: Path) -> None:
    weights = weights_in(models / "tiny")
    assert weights.network == sum(weight.numel() for weight in tiny.unet().parameters())
    assert weights.autoencoder == sum(weight.numel() for weight in tiny.autoencoder().parameters())
    assert weights.text_encoders > 0


@pytest.mark.parametrize("name", ["", "away"])
def test_a_folder_without_a_network_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelBroken, match="no network"):
        weights_in(tmp_path / name)


def test_a_single_file_is_counted_by_the_names_of_its_parts(tmp_path: Path) -> None:
    path = tmp_path / "one.safetensors"
    tensors = {
        "model.diffusion_model.input_blocks.0.0.weight": np.zeros((5, 4), np.float16),
        "first_stage_model.decoder.conv_in.weight": np.zeros(3, np.float16),
        "cond_stage_model.transformer.text_model.embeddings.weight": np.zeros(7, np.float16),
        "alphas_cumprod": np.zeros(1000, np.float32),
    }
    safetensors.numpy.save_file(tensors, path)
    assert weights_in(tmp_path, path) == ModelWeights(text_encoders=7, network=20, autoencoder=3)
