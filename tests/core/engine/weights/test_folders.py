"""Diffusers folders in every variant, and those whose weights are other ones than their configuration means."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModel

from app.messages.errors import message
from core.errors import ModelBroken
from core.models.catalogue import Catalogue
from core.models.importing import find_models
from core.pictures.pixels import Pixels
from tests.weight_files import Place, Weights, picture


def spoiled(part: str, change: Callable[[Weights], Weights]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        file = next((folder / part).glob("*.safetensors"))
        weights = change(load_file(file))
        save_file({n: v.contiguous() for n, v in weights.items()}, file, metadata={"format": "pt"})

    return spoil


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (
            spoiled("text_encoder", lambda w: {n: v for n, v in w.items() if "layers.1." not in n}),
            r"its text encoder is not complete: 16 weights \(.*layers.1.layer_norm1.bias, .* are missing",
        ),
        (
            spoiled("text_encoder", lambda w: {n: v[:8] if "position_emb" in n else v for n, v in w.items()}),
            r"its text encoder reads 8 positions, 16 are expected",
        ),
        (spoiled("unet", lambda w: w | {"gate": torch.ones(1)}), r"its U-Net has one weight \(gate\) for which"),
        (
            spoiled("unet", lambda w: {n: v for n, v in w.items() if n != "conv_in.bias"}),
            r"its U-Net is not complete: one weight \(conv_in.bias\)",
        ),
        (
            spoiled("vae", lambda w: {n: v for n, v in w.items() if not n.startswith("encoder.mid_block")}),
            r"its autoencoder \(VAE\) is not complete: \d+ weights .* are missing",
        ),
        (
            spoiled("vae", lambda w: {n: v[:, :2] if n == "decoder.conv_in.weight" else v for n, v in w.items()}),
            r"its autoencoder \(VAE\) is built otherwise than expected: one weight .* has 8x2x3x3 where 8x4x3x3",
        ),
    ],
)
def test_a_folder_whose_weights_are_other_ones_is_refused_with_them(
    sd: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str], spoil: Callable[[Path], None], why: str
) -> None:
    folder = shutil.copytree(sd.whole, tmp_path / "spoiled")
    spoil(folder)
    capfd.readouterr()
    with pytest.raises(ModelBroken, match=why) as caught:
        picture(Catalogue((tmp_path,)), folder)
    assert "again" not in str(message(caught.value))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "options",
    [
        {"variant": "bf16"},
        {"variant": "fp16"},
        {"max_shard_size": "20KB"},
        {"variant": "fp16", "max_shard_size": "20KB"},
    ],
)
def test_each_variant_gives_the_picture(
    sd: Place, right: dict[int, Pixels], tmp_path: Path, options: dict[str, Any]
) -> None:
    folder = shutil.copytree(sd.whole, tmp_path / "variant")
    for part, kind in (("unet", UNet2DConditionModel), ("text_encoder", CLIPTextModel)):
        for file in (folder / part).glob("*.safetensors"):
            file.unlink()
        kind.from_pretrained(sd.whole / part).save_pretrained(folder / part, **options)
    if "max_shard_size" in options:
        assert len(list((folder / "unet").glob("*-of-*.safetensors"))) > 1
    assert len(find_models(Catalogue((tmp_path,)), folder).models) == 1
    assert np.array_equal(picture(Catalogue((tmp_path,)), folder)[0], right[id(sd)])
    if "max_shard_size" in options:
        next((folder / "unet").glob("*-00002-of-*.safetensors")).unlink()
        with pytest.raises(ModelBroken, match=r"1 of its \d+ files of weights are missing") as caught:
            find_models(Catalogue((tmp_path,)), folder)
        assert "again" in str(message(caught.value))
        with pytest.raises(ModelBroken, match=r"1 of its \d+ files of weights are missing"):
            picture(Catalogue((tmp_path,)), folder)


def test_weights_beside_those_that_are_used_do_not_count(
    sd: Place, right: dict[int, Pixels], tmp_path: Path
) -> None:
    folder = shutil.copytree(sd.whole, tmp_path / "more")
    file = next((folder / "unet").glob("*.safetensors"))
    for variant in ("fp16", "non_ema"):
        save_file({"other": torch.ones(1)}, file.with_name(f"{file.stem}.{variant}.safetensors"))
    assert np.array_equal(picture(Catalogue((tmp_path,)), folder)[0], right[id(sd)])
