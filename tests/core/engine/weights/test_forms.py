"""Each packed form is unpacked as its definition says, and layers compute with it as with the unpacked weight."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from core.checkpoints.packing import GGUF_FORMS, packing_of
from core.engine.weights.forms import FORMS, rotation, unpack, widened
from core.engine.weights.gguf_forms import UNPACKED
from core.engine.weights.packed_layers import Packed, PackedConv2d, PackedEmbedding, PackedLinear, pack
from core.engine.weights.packed_source import PackedSource, of_rows
from core.files.gguf_header import BLOCKS
from core.files.weights_header import read_header
from tests import packed_weights

torch.manual_seed(3)
ROWS, COLUMNS = 144, 512  # more than one tile of 128 rows
WEIGHT = torch.randn(ROWS, COLUMNS) * 0.05
GGUF = tuple(sorted(GGUF_FORMS))


def source(path: Path, form: str, weight: torch.Tensor = WEIGHT) -> tuple[PackedSource, torch.Tensor]:
    """A file with one packed layer, and the weight that it means."""
    if form in packed_weights.FORMS:
        tensors, meant = packed_weights.FORMS[form][0](weight)
        file = path / "one.safetensors"
        save_file({f"layer.{end}": value.contiguous() for end, value in tensors.items()}, file)
    else:
        kind, file = gguf.GGMLQuantizationType[form], path / "one.gguf"
        content = blocks(form, weight.numel() // BLOCKS[form][0]).reshape(len(weight), -1)
        writer = gguf.GGUFWriter(file, "flux")
        writer.add_tensor("layer.weight", content, raw_dtype=kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        meant = torch.from_numpy(gguf.quants.dequantize(content, kind))
    header = read_header(file)
    (found,) = packing_of(header).weights.values()
    return PackedSource(header, found), meant


def blocks(form: str, count: int) -> np.ndarray:
    """Random blocks with scales that are numbers: those in float16 are of the size of real ones."""
    content = np.random.default_rng(5).integers(0, 256, (count, BLOCKS[form][1]), dtype=np.uint8)
    for place in HALVES.get(form, (0,)):
        content[:, place : place + 2] = np.float16(0.01).reshape(1).view(np.uint8)
    return content


HALVES = {
    "Q4_1": (0, 2),
    "Q5_1": (0, 2),
    "Q2_K": (80, 82),
    "Q3_K": (108,),
    "Q4_K": (0, 2),
    "Q5_K": (0, 2),
    "Q6_K": (208,),
}
ALL = (*packed_weights.FORMS, *GGUF)


def test_every_form_has_a_function() -> None:
    assert set(UNPACKED) == GGUF_FORMS <= set(FORMS)


@pytest.mark.parametrize("form", ALL)
def test_a_form_means_what_its_definition_says(form: str, tmp_path: Path) -> None:
    one, meant = source(tmp_path, form)
    assert torch.allclose(one.unpacked(torch.float32), meant, rtol=2e-6, atol=1e-7)
    if form in packed_weights.FORMS:
        error = (meant - WEIGHT).norm() / WEIGHT.norm()
        assert 0 < error < packed_weights.FORMS[form][2]


@pytest.mark.parametrize("form", GGUF)
def test_random_blocks_are_unpacked_to_the_bit(form: str) -> None:
    content = np.random.default_rng(1).integers(0, 256, (64, BLOCKS[form][1]), dtype=np.uint8)
    with np.errstate(all="ignore"):
        theirs = gguf.quants.dequantize(content, gguf.GGMLQuantizationType[form])
    assert np.array_equal(UNPACKED[form](torch.from_numpy(content)).numpy(), theirs, equal_nan=True)


@pytest.mark.parametrize("form", ALL)
def test_a_layer_with_a_packed_weight_computes_as_with_the_unpacked_one(form: str, tmp_path: Path) -> None:
    one, meant = source(tmp_path, form)
    x = torch.randn(2, 5, COLUMNS)
    layer, words = torch.nn.Linear(COLUMNS, ROWS), torch.nn.Embedding(ROWS, COLUMNS)
    pack(layer, one.weight.form, one.read(), torch.float32)
    pack(words, one.weight.form, one.read(), torch.float32)
    assert isinstance(layer, PackedLinear)
    assert isinstance(words, PackedEmbedding)
    expected = one.unpacked(torch.float32)
    ours, plain = layer(x), torch.nn.functional.linear(x, expected, layer.bias)
    if "ConvRot" in form:  # the input is turned in the place of the weight
        torch.testing.assert_close(ours, plain, rtol=1e-4, atol=1e-5)
    else:
        assert torch.equal(ours, plain)
    many = torch.randn(ROWS + 1, COLUMNS)
    assert torch.equal(layer(many), torch.nn.functional.linear(many, expected, layer.bias))
    asked = torch.tensor([[3, 3, 0], [ROWS - 1, 1, 2]])
    assert torch.equal(words(asked), expected[asked])
    packed_bytes = sum(value.nbytes for name, value in layer.named_parameters() if name != "bias")
    assert packed_bytes == pytest.approx(one.weight.bytes, rel=0.05)
    assert packed_bytes < 0.27 * meant.numel() * 4
    assert not any(value.is_floating_point() for name, value in layer.named_parameters() if name != "bias")


@pytest.mark.parametrize("form", ALL)
def test_rows_of_a_packed_weight_are_those_of_the_unpacked_one(form: str, tmp_path: Path) -> None:
    one, _ = source(tmp_path, form)
    rows = torch.tensor([5, 4, 100, 0])
    some = of_rows(one.read(), rows, ROWS)
    assert some is not None
    shape = torch.Size((4, COLUMNS))
    assert torch.equal(unpack(one.weight.form, some, shape, torch.float32), one.unpacked(torch.float32)[rows])


@pytest.mark.parametrize("form", ["fp8", "scaled fp8, old", "nf4", "Q8_0", "Q4_K"])
def test_a_convolution_keeps_its_packed_weight(form: str, tmp_path: Path) -> None:
    weight = torch.randn(16, 64, 3, 3) * 0.1
    if form in GGUF:  # their blocks go across the filters, as city96's converter lays them out
        one, meant = source(tmp_path, form, weight.reshape(-1, 256))
        one = PackedSource(one.header, type(one.weight)(form, tuple(weight.shape), one.weight.tensors, 0))
        meant = meant.reshape(weight.shape)
    else:
        one, meant = source(tmp_path, form, weight)
    layer = torch.nn.Conv2d(64, 16, 3, padding=1, stride=2)
    pack(layer, one.weight.form, one.read(), torch.float32)
    assert isinstance(layer, PackedConv2d)
    x = torch.randn(1, 64, 8, 8)
    expected = torch.nn.functional.conv2d(x, meant, layer.bias, stride=2, padding=1)
    torch.testing.assert_close(layer(x), expected, rtol=1e-5, atol=1e-5)


def test_a_large_weight_is_unpacked_in_pieces_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for form in ("int8 ConvRot", "mxfp8", "nvfp4", "nf4", "Q6_K"):
        one, _ = source(tmp_path, form)
        whole = one.unpacked(torch.bfloat16)
        monkeypatch.setattr("core.engine.weights.forms._VALUES_AT_ONCE", 5 * COLUMNS)
        assert torch.equal(one.unpacked(torch.bfloat16), whole), form
        monkeypatch.undo()


def test_another_dtype_reaches_the_weight_and_not_the_bytes(tmp_path: Path) -> None:
    one, _ = source(tmp_path, "scaled fp8, new")
    layer = torch.nn.Linear(COLUMNS, ROWS, dtype=torch.bfloat16)
    pack(layer, one.weight.form, one.read(), torch.bfloat16)
    before = {name: value.clone() for name, value in layer.named_parameters() if name != "bias"}
    layer.to(torch.float32)
    assert isinstance(layer, Packed)
    assert layer.weight.dtype is torch.float32
    assert all(torch.equal(layer.get_parameter(name), value) for name, value in before.items())
    assert torch.equal(layer.weight, one.unpacked(torch.float32))
    assert layer(torch.ones(1, COLUMNS)).dtype is torch.float32


@pytest.mark.parametrize("size", [4, 16, 64, 256])
def test_the_rotation_is_its_own_inverse(size: int) -> None:
    matrix = rotation(size)
    assert torch.allclose(matrix @ matrix, torch.eye(size), atol=1e-6)
    assert torch.equal(matrix.abs(), torch.full((size, size), size**-0.5))


def test_a_rotation_of_the_usual_size_is_undone(tmp_path: Path) -> None:
    path = tmp_path / "one.safetensors"
    tensors, meant = packed_weights.convrot(WEIGHT, 256)
    save_file({f"layer.{end}": value for end, value in tensors.items()}, path)
    header = read_header(path)
    (found,) = packing_of(header).weights.values()
    assert found.options["group"] == 256
    torch.testing.assert_close(PackedSource(header, found).unpacked(torch.float32), meant, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.float8_e5m2])
def test_floats_of_8_bits_are_widened_where_a_device_does_not_know_them(dtype: torch.dtype) -> None:
    codes = torch.arange(256, dtype=torch.uint8)
    expected = codes.view(dtype).float()
    found = widened(codes, dtype)
    is_number = expected.isfinite()
    assert torch.equal(found[is_number], expected[is_number])
