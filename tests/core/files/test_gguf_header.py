"""Headers of GGUF files, as other programs write them, are read in bounds; damaged ones are named."""

from __future__ import annotations

import random
import struct
import time
import tracemalloc
from pathlib import Path

import gguf
import numpy as np
import pytest

from core.errors import ModelBroken
from core.files.gguf_header import BLOCKS, read_gguf_header

LONGEST_SECONDS, LARGEST_BYTES = 10.0, 50 * 10**6


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    writer = gguf.GGUFWriter(path, "flux")
    writer.add_array("comfy.gguf.orig_shape.conv", [16, 4, 3, 3, 1])
    writer.add_array("tokenizer.ggml.tokens", [f"word {index} ü" for index in range(300)])
    writer.add_array("tokenizer.ggml.scores", [1.0] * 300)
    writer.add_bool("yes", val=True)
    writer.add_float32("half", 0.5)
    writer.add_string("title", 'a "name" ü')
    kind = gguf.GGMLQuantizationType
    writer.add_tensor("norm", np.ones(3, np.float32))
    writer.add_tensor("half", np.ones((2, 5), np.float16))
    packed = gguf.quants.quantize(np.ones((4, 64), np.float32), kind.Q8_0)
    writer.add_tensor("rows", packed, raw_dtype=kind.Q8_0)
    writer.add_tensor("conv", np.ones((18, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def reason(path: Path) -> str:
    """Why a file is refused, within the limits of time and memory."""
    began = time.process_time()
    with pytest.raises(ModelBroken) as refused:
        read_gguf_header(path)
    assert time.process_time() - began < LONGEST_SECONDS
    tracemalloc.start()
    try:
        with pytest.raises(ModelBroken):
            read_gguf_header(path)
        assert tracemalloc.get_traced_memory()[1] < LARGEST_BYTES
    finally:
        tracemalloc.stop()
    return refused.value.reason


def test_a_whole_file_shows_what_the_library_reads(weights: Path) -> None:
    header = read_gguf_header(weights)
    reader = gguf.GGUFReader(weights)
    assert list(header.tensors) == [tensor.name for tensor in reader.tensors]
    for tensor in reader.tensors:
        entry = header.tensors[tensor.name]
        assert entry.dtype == tensor.tensor_type.name
        assert header.begin + entry.begin == tensor.data_offset
        assert entry.end - entry.begin == tensor.n_bytes
        if tensor.name != "conv":
            assert entry.shape == tuple(int(size) for size in tensor.shape)[::-1]
    assert header.shape("conv") == (16, 4, 3, 3, 1)
    assert header.shape("rows") == (4, 64)
    assert header.parameters == 3 + 10 + 256 + 576


def test_short_metadata_is_kept_as_texts_and_long_arrays_are_not(weights: Path) -> None:
    metadata = read_gguf_header(weights).metadata
    assert metadata["general.architecture"] == "flux"
    assert metadata["yes"] == "true"
    assert metadata["half"] == "0.5"
    assert metadata["title"] == 'a "name" ü'
    assert metadata["comfy.gguf.orig_shape.conv"] == "[16, 4, 3, 3, 1]"
    assert not any(name.startswith("tokenizer") for name in metadata)


def test_every_type_has_the_sizes_of_the_library() -> None:
    theirs = {kind.name: sizes for kind, sizes in gguf.GGML_QUANT_SIZES.items()}
    assert {name: theirs[name] for name in BLOCKS} == BLOCKS


@pytest.mark.parametrize("kept", [0, 3, 12, 24, 100, 2000])
def test_a_truncated_header_is_named(kept: int, weights: Path) -> None:
    weights.write_bytes(weights.read_bytes()[:kept])
    assert ("not a GGUF file" if kept < 4 else "cut off within its header") in reason(weights)


def test_missing_weights_are_counted(weights: Path) -> None:
    weights.write_bytes(weights.read_bytes()[:-100])
    assert "100 bytes of its weights are missing" in reason(weights)


@pytest.mark.parametrize(
    ("version", "why"),
    [(b"\1\0\0\0", "of version 1"), (b"\0\0\0\3", "other order of bytes"), (b"\xff" * 4, "of version")],
)
def test_another_version_is_named(version: bytes, why: str, weights: Path) -> None:
    weights.write_bytes(weights.read_bytes()[:4] + version + weights.read_bytes()[8:])
    assert why in reason(weights)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    assert reason(tmp_path / "gone.gguf") == "this file is missing"


def text(words: bytes) -> bytes:
    return struct.pack("<Q", len(words)) + words


def tensor(name: bytes = b"a", sizes: tuple[int, ...] = (32,), kind: int = 0, begin: int = 0) -> bytes:
    return text(name) + struct.pack(f"<I{len(sizes)}QIQ", len(sizes), *sizes, kind, begin)


def entry(name: bytes, kind: int, value: bytes) -> bytes:
    return text(name) + struct.pack("<I", kind) + value


@pytest.mark.parametrize(
    ("entries", "tensors", "why"),
    [
        ([], [tensor(), tensor(begin=128)], "names 'a' twice"),
        ([], [tensor(), tensor(b"b")], "overlap"),
        ([], [tensor(), tensor(b"b", begin=256)], "gaps"),
        ([], [tensor(begin=32)], "gaps"),
        ([], [tensor(kind=5)], "unknown type 5"),
        ([], [tensor(sizes=(33,), kind=2)], "whole number of blocks of Q4_0"),
        ([], [tensor(sizes=(2**62, 2**62))], "whole number of blocks"),
        ([], [tensor(sizes=(1,) * 7)], "damaged at tensor"),
        ([], [tensor(b"\xff")], "not ASCII"),
        ([], [tensor(b"a" * 2000)], "a name has 2,000 bytes"),
        ([entry(b"a", 99, b"")], [], "unknown type 99"),
        ([entry(b"a", 9, struct.pack("<IQ", 9, 1))], [], "no known type"),
        ([entry(b"general.alignment", 4, struct.pack("<I", 3))], [], "power of two"),
        ([entry(b"comfy.gguf.orig_shape.a", 9, struct.pack("<IQQ", 10, 1, 31))], [tensor()], "original shape"),
        ([entry(b"comfy.gguf.orig_shape.a", 8, text(b"x"))], [tensor()], "original shape"),
    ],
)
def test_a_wrong_header_is_refused(entries: list[bytes], tensors: list[bytes], why: str, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    counts = struct.pack("<IQQ", 3, len(tensors), len(entries))
    path.write_bytes(b"GGUF" + counts + b"".join(entries + tensors) + b"\0" * 1000)
    assert why in reason(path)


def test_an_alignment_of_the_file_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    aligned = entry(b"general.alignment", 4, struct.pack("<I", 64))
    head = b"GGUF" + struct.pack("<IQQ", 2, 2, 1) + aligned + tensor(sizes=(3,)) + tensor(b"b", begin=64)
    path.write_bytes(head + b"\0" * 400)
    assert read_gguf_header(path).begin == -(-len(head) // 64) * 64


FILLERS = {
    "texts": (9, struct.pack("<IQ", 8, 2**19) + b"\0" * 2**22),
    "short texts": (9, struct.pack("<IQ", 8, 2**19) + (struct.pack("<Q", 1) + b"x") * 2**19),
    "more texts": (9, struct.pack("<IQ", 8, 2**63)),
    "numbers": (9, struct.pack("<IQ", 10, 2**60)),
    "a text": (8, struct.pack("<Q", 2**62) + b"x" * 1000),
    "emoji": (8, struct.pack("<Q", 2**24) + "😀a".encode() * (2**24 // 5 + 1)),
}


@pytest.mark.parametrize("filler", FILLERS)
def test_the_largest_header_stays_within_time_and_memory(filler: str, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1, 4) + entry(b"a", *FILLERS[filler]) * 4)
    why = reason(path)
    assert "cut off within" in why or "longer than 16 MB" in why or "524,288 texts" in why


def test_the_most_tensors_stay_within_time_and_memory(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    tensors = b"".join(tensor(b"%0250d" % index, (1,)) for index in range(50_000))
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 50_000, 0) + tensors)
    assert "overlap" in reason(path)
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 2**64 - 1, 0))
    assert "more than 50,000 tensors" in reason(path)


def test_1500_mutated_headers_are_refused_or_harmless(weights: Path) -> None:
    whole = weights.read_bytes()
    end = read_gguf_header(weights).begin
    dice = random.Random(0)
    refused, slowest = 0, 0.0
    tracemalloc.start()
    for _ in range(1500):
        damaged = bytearray(whole)
        for _ in range(dice.choice((1, 1, 2, 8))):
            at = dice.randrange(end)
            match dice.randrange(4):
                case 0:
                    damaged[at] ^= 1 << dice.randrange(8)
                case 1:
                    damaged[at : at + 8] = dice.randbytes(8)
                case 2:
                    del damaged[at : at + dice.randrange(1, 9)]
                case _:
                    damaged[at:at] = dice.randbytes(dice.randrange(1, 9))
        weights.write_bytes(damaged)
        began = time.process_time()
        try:
            header = read_gguf_header(weights)
        except ModelBroken as error:
            refused += 1
            assert error.reason
        else:
            size = weights.stat().st_size
            assert all(header.begin + entry.end <= size for entry in header.tensors.values())
        slowest = max(slowest, time.process_time() - began)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused > 700
    assert slowest < LONGEST_SECONDS
    assert peak < LARGEST_BYTES
