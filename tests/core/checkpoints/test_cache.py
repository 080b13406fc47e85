"""The facts about a file are remembered until the file changes."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from app.messages.errors import message
from core.checkpoints.cache import CheckpointCache, Known
from core.errors import ModelBroken


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "z.safetensors"
    safetensors.numpy.save_file({"layers.0.adaLN_modulation.0.weight": np.zeros((2, 2), np.float32)}, path)
    return path


def damage_without_a_trace(path: Path) -> None:
    """Same size, same time: only who reads the file again notices."""
    stat = path.stat()
    path.write_bytes(b"\0" * stat.st_size)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_kind_and_hash_are_kept_between_starts(weights: Path, tmp_path: Path) -> None:
    memory = CheckpointCache(tmp_path / "cache" / "checkpoints.json")
    expected = hashlib.sha256(weights.read_bytes()).hexdigest()
    assert memory.kind_of(weights).family == "z_image"
    assert memory.sha256_if_known(weights) == ""
    assert memory.sha256_of(weights) == expected
    damage_without_a_trace(weights)
    again = CheckpointCache(tmp_path / "cache" / "checkpoints.json")
    assert again.kind_of(weights).family == "z_image"
    assert again.sha256_if_known(weights) == again.sha256_of(weights) == expected


def test_a_file_that_changed_is_looked_at_again(weights: Path) -> None:
    memory = CheckpointCache()
    memory.kind_of(weights)
    before = memory.sha256_of(weights)
    weights.write_bytes(weights.read_bytes() + b"\0")
    with pytest.raises(ModelBroken, match="follow its weights"):
        memory.kind_of(weights)
    assert memory.sha256_if_known(weights) == ""
    assert memory.sha256_of(weights) != before
    weights.unlink()
    assert memory.sha256_if_known(weights) == ""
    with pytest.raises(ModelBroken, match="missing"):
        memory.kind_of(weights)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": 3}', '{"a": {"size": 1}}'])
def test_a_damaged_memory_begins_anew(content: str, weights: Path, tmp_path: Path) -> None:
    kept = tmp_path / "checkpoints.json"
    kept.write_text(content, "utf-8")
    memory = CheckpointCache(kept)
    assert memory.kind_of(weights).family == "z_image"
    memory.save()
    assert str(weights) in json.loads(kept.read_text("utf-8"))


def test_a_file_of_an_unknown_family_is_looked_at_again_by_a_program_that_knows_more(tmp_path: Path) -> None:
    path, kept = tmp_path / "flux.safetensors", tmp_path / "checkpoints.json"
    safetensors.numpy.save_file({"double_blocks.0.img_attn.qkv.weight": np.zeros((2, 2), np.float32)}, path)
    memory = CheckpointCache(kept)
    with pytest.raises(ModelBroken, match="FLUX"):
        memory.kind_of(path)
    memory.save()
    assert CheckpointCache(kept).knows(path)
    content = json.loads(kept.read_text("utf-8"))
    content[str(path)]["families"] = "2 stable_diffusion"
    kept.write_text(json.dumps(content), "utf-8")
    assert not CheckpointCache(kept).knows(path)


def test_a_place_that_cannot_be_written_is_no_error(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = CheckpointCache(tmp_path / "file" / "checkpoints.json")
    assert memory.sha256_of(weights)


def test_a_moved_file_is_known_and_another_of_its_size_is_not(tmp_path: Path) -> None:
    file, cache = tmp_path / "a.safetensors", CheckpointCache()
    file.write_bytes(b"one")
    sha256 = cache.sha256_of(file)
    stat = file.stat()
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"two")
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert cache.sha256_if_known(other) == ""  # the first is still at its place
    for name in ("b", "c"):
        file = file.rename(tmp_path / f"{name}.safetensors")
        assert cache.sha256_if_known(file) == sha256
    assert cache.sha256_if_known(other) == ""


@pytest.mark.parametrize(
    ("name", "content", "is_damaged"),
    [
        ("cut.safetensors", (8).to_bytes(8, "little") + b"{", True),
        ("empty.safetensors", b"", True),
        ("page.safetensors", b"<!doctype html><html>", True),
        ("pointer.safetensors", b"version https://git-lfs.github.com/spec/v1", True),
        ("zip.safetensors", b"PK\x03\x04" + bytes(60), False),
        ("packed.safetensors", b"GGUF\x03\0\0\0" + bytes(60), False),
        ("old.ckpt", b"\x80\x02}q", False),
    ],
)
def test_only_a_damaged_file_is_to_be_installed_again(
    tmp_path: Path, name: str, content: bytes, is_damaged: bool
) -> None:
    path, kept = tmp_path / name, tmp_path / "checkpoints.json"
    path.write_bytes(content)
    memory = CheckpointCache(kept)
    for _ in range(2):  # what is remembered says the same
        with pytest.raises(ModelBroken) as caught:
            memory.kind_of(path)
        assert caught.value.is_damaged is is_damaged
        assert ("Install the model again" in str(message(caught.value))) is is_damaged
        memory.save()
        memory = CheckpointCache(kept)


def test_facts_are_written_while_another_file_is_looked_at(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another thread: one writes the hash of a model while the window looks through the folders."""
    memory, other = CheckpointCache(tmp_path / "kept" / "checkpoints.json"), tmp_path / "other.safetensors"
    other.write_bytes(weights.read_bytes())

    def meanwhile(known: Known) -> dict[str, Any]:
        memory.kind_of(other)
        return asdict(known)

    monkeypatch.setattr("core.checkpoints.cache.asdict", meanwhile)
    memory.sha256_of(weights)
    memory.save()
    assert set(json.loads((tmp_path / "kept" / "checkpoints.json").read_text())) == {str(weights), str(other)}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_whoever_waits_for_a_hash_goes_on_when_the_thread_has_failed(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, first = CheckpointCache(), tmp_path / "first.safetensors"
    first.write_bytes(weights.read_bytes())
    reading = memory._reading  # pyright: ignore[reportPrivateUsage]

    def fail(_path: Path) -> Iterator[int]:
        raise MemoryError
        yield

    monkeypatch.setattr(memory, "_reading", fail)
    memory.hash_beside((first, weights))
    while any(thread.name == "hashes" for thread in threading.enumerate()):
        pass
    monkeypatch.setattr(memory, "_reading", reading)
    for step in memory.hashing(weights):
        assert step > 0
    assert memory.sha256_if_known(weights)
