"""A header is read in bounds; whatever else lies under the name of a model is told apart, and never run."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import struct
import time
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from core.errors import ModelBroken
from core.files.safetensors_header import LARGEST_HEADER, read_safetensors_header

LONGEST_SECONDS = 10.0
"""Of the processor. A reader whose time grows with the square of what it reads would take hours."""
LARGEST_BYTES = 50 * 10**6


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    tensors = {"a.weight": np.zeros((4, 3), np.float16), "b": np.ones(3, np.float32), "scalar": np.array(1.0)}
    safetensors.numpy.save_file(tensors, path, metadata={"format": "pt", "title": 'a "name" ü'})
    return path


def with_header(path: Path, header: object, data: bytes = b"") -> Path:
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(encoded)) + encoded + data)
    return path


def reason(path: Path) -> str:
    """Why a file is refused, within the limits of time and memory."""
    tracemalloc.start()
    began = time.process_time()
    try:
        with pytest.raises(ModelBroken) as refused:
            read_safetensors_header(path)
        seconds, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.value.path == path
    assert peak < LARGEST_BYTES
    assert seconds < LONGEST_SECONDS  # also beside tracemalloc, which slows everything down
    return refused.value.reason


def test_a_whole_file_shows_its_tensors_and_metadata(weights: Path) -> None:
    header = read_safetensors_header(weights)
    assert header.shape("a.weight") == (4, 3)
    assert header.tensors["a.weight"].dtype == "F16"
    assert header.shape("scalar") == ()
    assert header.shape("c") is None
    assert header.parameters == 16
    assert header.metadata == {"format": "pt", "title": 'a "name" ü'}


@pytest.mark.parametrize(
    ("kept", "why"),
    [(0, "empty"), (4, "cut off"), (8, "cut off"), (30, "cut off"), (-1, "1 bytes of its weights")],
)
def test_a_truncated_file_is_named(kept: int, why: str, weights: Path) -> None:
    weights.write_bytes(weights.read_bytes()[:kept])
    assert why in reason(weights)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "web page"),
        (b"\n  <html>404</html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4\n", "git-lfs"),
        (b'{"error": "Repository not found"}', "JSON"),
        (b"GGUF\x03\0\0\0" + b"\0" * 64, "GGUF"),
        (b"\0" * 64, "not a safetensors file"),
        (b"\xff" * 64, "not a safetensors file"),
        (b"plain words that somebody renamed", "not a safetensors file"),
    ],
)
def test_another_kind_of_file_is_named(content: bytes, why: str, weights: Path) -> None:
    weights.write_bytes(content)
    assert why in reason(weights)


class Malicious:
    """Runs a command when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return Path.write_text, (self._marker, "run")  # type: ignore[return-value]


@pytest.mark.parametrize("name", ["model.safetensors", "model.ckpt", "model.pt", "model.pth", "model.BIN"])
@pytest.mark.parametrize("kind", ["pickle", "zip"])
def test_a_pickle_is_refused_and_not_run(kind: str, name: str, tmp_path: Path) -> None:
    marker, content = tmp_path / "marker", io.BytesIO()
    pickled = pickle.dumps(Malicious(marker), protocol=2)
    if kind == "zip":
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("archive/data.pkl", pickled)
    else:
        content.write(pickled)
    path = tmp_path / name
    path.write_bytes(content.getvalue())
    assert "pickled weights can run any program" in reason(path)
    assert not marker.exists()
    pickle.loads(pickled)
    assert marker.exists(), "the file would have done it"


def test_what_is_missing_or_no_file_is_named(tmp_path: Path) -> None:
    assert reason(tmp_path / "gone.safetensors") == "this file is missing"
    (tmp_path / "folder.safetensors").mkdir()
    assert "a folder" in reason(tmp_path / "folder.safetensors")
    os.mkfifo(tmp_path / "pipe.safetensors")
    assert reason(tmp_path / "pipe.safetensors") == "this file is missing"


ENTRY = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ({"a": 3}, "damaged at tensor 'a'"),
        ({"a": {}}, "damaged at tensor 'a'"),
        ({"a": {**ENTRY, "more": 1}}, "damaged at tensor 'a'"),
        ({"a": {**ENTRY, "shape": [True]}}, "damaged at tensor 'a'"),
        ({"a": {**ENTRY, "shape": [-1, -1]}}, "damaged at tensor 'a'"),
        ({"a": {**ENTRY, "shape": [1] * 40}}, "damaged at tensor 'a'"),
        ({"a": {**ENTRY, "dtype": "PICKLE"}}, "unknown dtype"),
        ({"a": {**ENTRY, "shape": [2]}}, "bytes that its shape needs"),
        ({"a": {**ENTRY, "shape": [2**62, 2**62, 2**62]}}, "bytes that its shape needs"),
        ({"a": ENTRY, "b": ENTRY}, "overlap"),
        ({"a": ENTRY, "b": {**ENTRY, "data_offsets": [2, 6]}}, "overlap"),
        ({"a": {**ENTRY, "data_offsets": [8, 12]}}, "gaps"),
        ({"__metadata__": {"a": 1}, "a": ENTRY}, "text is missing"),
        (b'{"a": {"dtype":"F32","shape":[1],"data_offsets":[0,4]}, "a": 1}', "twice"),
        (b'{"a": {"dtype":"F32","shape":[1],"data_offsets":[0,4]}} x', "something follows"),
        (b"{" + b'"a":{' * 100_000, "damaged"),
        (b'{"a":' + b"[" * 1_000_000, "damaged"),
        (b'{"a": "\xff\xfe"}', "damaged"),
        (b"{}", "4 bytes follow"),
    ],
)
def test_a_wrong_header_is_refused(header: object, why: str, tmp_path: Path) -> None:
    assert why in reason(with_header(tmp_path / "model.safetensors", header, b"\0" * 4))


@pytest.mark.parametrize("filler", ['"a":1,', "[],", '\\"', "😀 abcdef", '"":"",'])
def test_the_largest_header_stays_within_time_and_memory(filler: str, tmp_path: Path) -> None:
    room = LARGEST_HEADER // len(filler.encode()) - 10
    for start in ('{"__metadata__":{"a":"', '{"__metadata__":{', '{"a":', '{"a":{'):
        reason(with_header(tmp_path / "model.safetensors", (start + filler * room).encode()))


def test_a_header_larger_than_any_model_has_is_not_read(tmp_path: Path) -> None:
    path = with_header(tmp_path / "model.safetensors", b"{" + b" " * (LARGEST_HEADER + 1))
    assert "claims a header" in reason(path)


def test_long_metadata_is_left_out(tmp_path: Path) -> None:
    metadata = {"short": "text", "long": "x" * 1_000_000}
    path = with_header(tmp_path / "model.safetensors", {"__metadata__": metadata, "a": ENTRY}, b"\0" * 4)
    assert read_safetensors_header(path).metadata == {"short": "text"}


def test_2000_mutated_headers_are_refused_or_harmless(weights: Path) -> None:
    whole = weights.read_bytes()
    end = 8 + struct.unpack("<Q", whole[:8])[0]
    dice = random.Random(0)
    refused, slowest = 0, 0.0
    tracemalloc.start()
    for _ in range(2000):
        damaged = bytearray(whole)
        for _ in range(dice.choice((1, 1, 2, 8))):
            at = dice.randrange(end)
            match dice.randrange(4):
                case 0:
                    damaged[at] ^= 1 << dice.randrange(8)
                case 1:
                    damaged[at] = dice.randrange(256)
                case 2:
                    del damaged[at : at + dice.randrange(1, 9)]
                case _:
                    damaged[at:at] = dice.randbytes(dice.randrange(1, 9))
        weights.write_bytes(damaged)
        began = time.process_time()
        try:
            header = read_safetensors_header(weights)
        except ModelBroken as error:
            refused += 1
            assert error.path == weights
            assert error.reason
        else:
            safetensors.numpy.load_file(weights)  # what we let pass, the library reads, too
            assert len(header.tensors) == 3
        slowest = max(slowest, time.process_time() - began)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused > 1500
    assert slowest < LONGEST_SECONDS
    assert peak < LARGEST_BYTES
