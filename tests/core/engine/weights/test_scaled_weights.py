"""Weights in scaled 8 bits mean their products; other packed forms are refused by name at import."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from app.messages.errors import message
from core.errors import ModelBroken
from core.models.catalogue import Catalogue
from core.models.importing import find_models
from tests.weight_files import UNET, Place, Weights, picture, z_whole

_ONE = torch.ones(1)
_JSON = torch.tensor(list(b'{"format": "float8_e4m3fn"}'), dtype=torch.uint8)


def scaled(weights: Weights, ending: str, shape: str) -> tuple[Weights, Weights]:
    """Returns weights in scaled 8 bits, and the numbers that they mean."""
    packed, meant = dict(weights), dict(weights)
    for name, value in weights.items():
        if not re.search(r"(attn|attention|feed_forward|mlp)\b.*\.weight$", name) or value.ndim < 2:
            continue
        rows = value.flatten(1)
        if shape == "block" and (len(rows) % 4 or rows.shape[1] % 4):
            continue
        scale = _SCALES[shape](rows) / 448
        each = scale.repeat_interleave(4, 0).repeat_interleave(4, 1) if shape == "block" else scale
        each = each.reshape(-1, 1) if each.ndim == 1 else each
        codes = (rows / each).to(torch.float8_e4m3fn)
        packed[name] = codes.view(value.shape)
        packed[name.removesuffix(".weight") + ending] = scale
        meant[name] = (codes.float() * each).view(value.shape)
    return packed, meant


_SCALES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "tensor": lambda rows: rows.abs().max(),
    "number": lambda rows: rows.abs().max()[None],
    "row": lambda rows: rows.abs().amax(1),
    "rows": lambda rows: rows.abs().amax(1, keepdim=True),
    "block": lambda rows: rows.view(len(rows) // 4, 4, -1, 4).abs().amax((1, 3)),
}


def scalings() -> Iterator[tuple[str, str, str]]:
    yield from (("z", ending, "tensor") for ending in (".scale_weight", ".weight_scale"))
    yield from (("z", ".weight_scale", shape) for shape in ("number", "row", "rows", "block"))
    yield "sd", ".scale_weight", "row"


@pytest.mark.parametrize(("which", "ending", "shape"), list(scalings()))
def test_scaled_8_bits_mean_their_products(
    request: pytest.FixtureRequest, which: str, ending: str, shape: str
) -> None:
    place: Place = request.getfixturevalue(which)
    weights = z_whole(place) if which == "z" else place.plain
    packed, meant = scaled(weights, ending, shape)
    assert len(packed) > len(meant)
    marks = {
        "scaled_fp8": torch.zeros(2).to(torch.float8_e4m3fn),
        f"{UNET}layers.0.attention.qkv.comfy_quant": _JSON,
    }
    if which == "sd":
        marks = {f"{UNET}scaled_fp8": torch.zeros(0).to(torch.float8_e4m3fn)}
    pixels, told = place.picture(packed | marks)
    assert np.array_equal(pixels, place.picture(meant)[0])
    assert told == []


def test_scaled_8_bits_in_a_folder_mean_their_products_too(z: Place, tmp_path: Path) -> None:
    folders = [shutil.copytree(z.whole, tmp_path / name) for name in ("packed", "meant")]
    for part in ("transformer", "text_encoder"):
        file = next((z.whole / part).glob("*.safetensors"))
        for folder, weights in zip(folders, scaled(load_file(file), ".weight_scale", "rows"), strict=True):
            save_file(weights, folder / part / file.name, metadata={"format": "pt"})
    one, other = (picture(Catalogue((tmp_path,)), folder)[0] for folder in folders)
    assert np.array_equal(one, other)


def _bytes(count: int, dtype: torch.dtype) -> torch.Tensor:
    return torch.ones(count, count).to(dtype)


_OTHER_NOTE = torch.tensor(list(b'{"format": "convrot_w4a4"}'), dtype=torch.uint8)
_TURNED = torch.tensor(
    list(b'{"format": "int8_tensorwise", "convrot": true, "convrot_groupsize": 12}'), dtype=torch.uint8
)

FORMS: list[tuple[Callable[[str], Weights], str]] = [
    (lambda layer: {f"{layer}.weight": _bytes(8, torch.int8)}, "8 bit integers without scales"),
    (lambda layer: {f"{layer}.weight": _bytes(8, torch.int8), f"{layer}.scale": torch.ones(8)}, "SDNQ"),
    (lambda layer: {f"{layer}.weight": _bytes(8, torch.uint8), f"{layer}.zero_point": _ONE}, "SDNQ"),
    (lambda layer: {f"{layer}.weight": _bytes(8, torch.uint8), f"{layer}.comfy_quant": _JSON}, "4 bit values"),
    (lambda layer: {f"{layer}.weight_scale": torch.ones(8, 1).to(torch.float8_e8m0fnu)}, "an unknown kind"),
    (
        lambda layer: {
            f"{layer}.weight": _bytes(96, torch.float8_e4m3fn),
            f"{layer}.weight_scale": torch.ones(8, 1).to(torch.float8_e8m0fnu),
        },
        "mxfp8 values with scales of an unknown shape",
    ),
    (
        lambda layer: {
            f"{layer}.weight": _bytes(96, torch.int8),
            f"{layer}.weight_scale": torch.ones(96, 1),
            f"{layer}.comfy_quant": _TURNED,
        },
        "a rotation of an unknown kind",
    ),
    (lambda layer: {f"{layer}.comfy_quant": _OTHER_NOTE}, "ComfyUI's 'convrot_w4a4'"),
    (lambda layer: {f"{layer}.weight.quant_state.bitsandbytes__nf4": _JSON}, "bitsandbytes' 4 bits"),
    (lambda layer: {f"{layer}.wscales": torch.ones(8)}, "SVDQuant"),
    (lambda layer: {f"{layer}.proj_down": torch.ones(8)}, "SVDQuant"),
    (lambda layer: {f"{layer}.qweight": _bytes(8, torch.int32)}, "GPTQ"),
    (lambda layer: {f"{layer}.weight._data": _bytes(8, torch.int8)}, "quanto"),
    (
        lambda layer: {
            f"{layer}.weight": torch.ones(96, 32).to(torch.float8_e4m3fn),
            f"{layer}.scale_weight": torch.ones(7),
        },
        "an unknown shape",
    ),
]


@pytest.mark.parametrize(("change", "form"), FORMS)
def test_other_packed_forms_are_refused_by_name_at_import(
    z: Place, change: Callable[[str], Weights], form: str
) -> None:
    path = z.write(z.plain | change("layers.0.attention.qkv"))
    with pytest.raises(ModelBroken, match=re.escape(form)) as caught:
        find_models(z.catalogue, path)
    assert "take the file in 16 bits, fp8, int8" in caught.value.reason
    assert "again" not in str(message(caught.value))
