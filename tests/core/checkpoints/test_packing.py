"""Whatever a file says about its packed weights, it is unpacked or refused, and nothing else happens."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from core.checkpoints.packing import packing_of, unpacked_header
from core.engine.weights.guard import loading
from core.engine.weights.packed_source import PackedSource
from core.errors import ModelBroken
from core.file_kinds.kind import Measure
from core.files.weights_header import read_header
from tests import packed_weights

WEIGHT = torch.randn(16, 64)
VALUES: tuple[Any, ...] = (
    *(0, -1, 1, 3, 16, 64, 2**63, 1.5, float("nan"), "", "nvfp4", "int8_tensorwise", None, True, False),
    *([], [16, 64], [16, 63], [99, 99], [-1, 1], {}, {"convrot": True, "convrot_groupsize": 5}, [[[[]]]]),
)


def told(tensor: torch.Tensor) -> dict[str, Any]:
    return dict(json.loads(bytes(tensor.tolist())))


@pytest.mark.parametrize("form", [form for form in packed_weights.FORMS if form not in ("fp8", "fp8, e5m2")])
def test_notes_and_tensors_of_any_kind_are_unpacked_or_refused(form: str, tmp_path: Path) -> None:
    whole, _ = packed_weights.FORMS[form][0](WEIGHT)
    dice, refused, tried = random.Random(form), 0, 60
    for number in range(tried):
        tensors = {f"a.{end}": value.clone() for end, value in whole.items()}
        name = dice.choice(list(tensors))
        if name.endswith(("comfy_quant", "nf4")):
            note = told(tensors[name])
            key = dice.choice([*note, "format", "orig_shape", "params", "convrot_groupsize", "nested_offset"])
            tensors[name] = packed_weights.note(**{**note, key: dice.choice(VALUES)})
        elif dice.random() < 0.3:
            del tensors[name]
        else:
            kinds = (torch.uint8, torch.int8, torch.float32, torch.bfloat16, torch.float8_e4m3fn, torch.int64)
            shape = dice.choice([(), (1,), (16,), (16, 1), (16, 64), (7, 3), (64, 16), (0, 4), (2, 2, 2, 2)])
            tensors[name] = torch.ones(shape).to(dice.choice(kinds))
        path = tmp_path / f"{number}.safetensors"
        save_file({name: value.contiguous() for name, value in tensors.items()}, path)
        header = read_header(path)
        try:
            unpacked_header(header)
            for weight in packing_of(header).weights.values():
                with loading(path, "it"):
                    found = PackedSource(header, weight).unpacked(torch.float32)
                assert found.shape == weight.shape
        except ModelBroken as error:
            refused += 1
            assert error.reason
    assert 0 < refused < tried


@pytest.mark.parametrize("form", [*packed_weights.FORMS, *packed_weights.GGUF_TYPES])
def test_a_packed_layer_has_the_size_that_it_means(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"mlp.{'gguf' if form in packed_weights.GGUF_TYPES else 'safetensors'}"
    packed_weights.write(path, {"mlp.weight": WEIGHT}, form)
    header = unpacked_header(read_header(path))
    assert [Measure(("mlp.weight",), dimension).of(header) for dimension in (0, 1)] == [*WEIGHT.shape]


def test_long_notes_are_refused(tmp_path: Path) -> None:
    tensors, _ = packed_weights.int8(WEIGHT)
    tensors["comfy_quant"] = torch.full((5000,), ord(" "), dtype=torch.uint8)
    save_file({f"a.{end}": value.contiguous() for end, value in tensors.items()}, tmp_path / "a.safetensors")
    with pytest.raises(ModelBroken, match="more bytes"):
        packing_of(read_header(tmp_path / "a.safetensors"))


@pytest.mark.parametrize("text", ["", "[]", "{", '{"layers": []}', '{"layers": {"a": 3}}', "[" * 100_000])
def test_metadata_of_any_kind_is_read(text: str, tmp_path: Path) -> None:
    tensors, _ = packed_weights.comfy_fp8(WEIGHT)
    path = tmp_path / "a.safetensors"
    kept = {f"a.{end}": value.contiguous() for end, value in tensors.items()}
    save_file(kept, path, metadata={"_quantization_metadata": text})
    assert packing_of(read_header(path)).weights["a.weight"].form == "scaled"
