"""Weights are looked at before anything reads them."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from core.checkpoint_files import read_header, short_hash, weights_of
from core.errors import ModelBroken


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "diffusion_pytorch_model.safetensors"
    safetensors.numpy.save_file({"a": np.zeros((4, 4), np.float32), "b": np.ones(3, np.float32)}, path)
    return path


def test_a_whole_file_shows_its_tensors(weights: Path) -> None:
    assert read_header(weights)["a"]["shape"] == [4, 4]


@pytest.mark.parametrize("kept", [0, 4, 8, 30, -1])
def test_a_truncated_file_is_named(weights: Path, kept: int) -> None:
    weights.write_bytes(weights.read_bytes()[:kept])
    with pytest.raises(ModelBroken, match="cut off"):
        read_header(weights)


@pytest.mark.parametrize("content", [b"<html>not found</html>" * 9, b"\x80\x04PK" * 20, b"\0" * 64])
def test_a_file_of_another_kind_is_named(weights: Path, content: bytes) -> None:
    weights.write_bytes(content)
    with pytest.raises(ModelBroken):
        read_header(weights)


def test_damaged_headers_are_refused_or_harmless(weights: Path) -> None:
    whole = weights.read_bytes()
    dice = random.Random(0)
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[dice.randrange(len(whole) - 76)] ^= 1 << dice.randrange(8)
        weights.write_bytes(damaged)
        try:
            read_header(weights)
        except ModelBroken as error:
            assert error.path == weights


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
    assert weights_of(weights.parent) == ((weights,), None)
    half = weights.with_name("diffusion_pytorch_model.fp16.safetensors")
    half.write_bytes(weights.read_bytes())
    assert weights_of(weights.parent) == ((weights,), None)
    weights.unlink()
    assert weights_of(weights.parent) == ((half,), "fp16")


def test_a_header_that_is_no_table_is_refused(weights: Path) -> None:
    for content in ([], {"a": {"data_offsets": ["x"]}}, {"a": {}}, {"a": 3}):
        encoded = json.dumps(content).encode()
        weights.write_bytes(len(encoded).to_bytes(8, "little") + encoded)
        with pytest.raises(ModelBroken):
            read_header(weights)


def test_the_short_hash_is_that_of_automatic1111(weights: Path) -> None:
    assert short_hash(weights) == hashlib.sha256(weights.read_bytes()).hexdigest()[:10]
