"""Cross-attention is kept beside the film, and read strictly."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from core.errors import FilmBroken
from core.film.attention_file import FORMAT, VERSION, attention_path, read_attention, write_attention
from core.film.attention_maps import AttentionMaps, AttentionRecord
from core.prompt.word import Word

WORDS = (Word("red", 2, 5, 2, 3), Word("house", 6, 11, 3, 5))


def record(calls: int = 3) -> AttentionRecord:
    rng = np.random.default_rng(0)
    maps = [AttentionMaps(2 * call, WORDS, rng.random((2, 4, 6)).astype(np.float16)) for call in range(calls)]
    made = AttentionRecord.begin(maps[0])
    for later in maps[1:]:
        made = made.with_maps(later)
    return made


def content(**changes: object) -> bytes:
    words = [{"text": "red", "start": 0, "end": 3, "first_token": 1, "end_token": 2}]
    parts: dict[str, object] = {
        "words": json.dumps(words),
        "format": FORMAT,
        "version": VERSION,
        "run": "run-1",
        "calls": np.array([0, 1], np.int32),
        "maps": np.ones((2, 1, 3, 3), np.float16),
    } | changes
    tensors = {name: parts.pop(name) for name in ("calls", "maps")}
    return save(tensors, parts)  # pyright: ignore[reportArgumentType]


def test_gives_back_what_was_recorded(tmp_path: Path) -> None:
    path = attention_path(tmp_path / "house.png")
    assert path.name == "house.words.safetensors"
    written = record()
    write_attention(written, "run-1", path)
    found = read_attention(path, "run-1")
    assert found.words == WORDS
    assert [maps.call for maps in found.calls] == [0, 2, 4]
    for one, other in zip(found.calls, written.calls, strict=True):
        np.testing.assert_array_equal(one.maps, other.maps)
    np.testing.assert_allclose(found.mean, written.mean, rtol=1e-6)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"no file of this kind",
        content()[:-1],
        content(format="pt"),
        content(version="2"),
        content(run="run-2"),
        content(words="{}"),
        content(words="["),
        content(words='[{"text": "red"}]'),
        content(words='[{"text": 5, "start": 0, "end": 3, "first_token": 1, "end_token": 2}]'),
        content(words='[{"text": "red", "start": -1, "end": 3, "first_token": 1, "end_token": 2}]'),
        content(calls=np.array([1, 0], np.int32)),
        content(calls=np.array([0, 1, 2], np.int32)),
        content(maps=np.ones((2, 2, 3, 3), np.float16)),
        content(maps=np.ones((2, 1, 3, 3), np.float32)),
        content(maps=np.ones((2, 1, 9), np.float16)),
        content(maps=np.full((2, 1, 3, 3), np.nan, np.float16)),
        content(maps=np.ones((2, 1, 1, 4096), np.float16)),
        content(maps=np.full((2, 1, 3, 3), 2, np.float16)),
        content(maps=np.full((2, 1, 3, 3), -1, np.float16)),
        content(calls=np.array([-1, 1], np.int32)),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, damaged: bytes) -> None:
    path = tmp_path / "house.words.safetensors"
    path.write_bytes(damaged)
    with pytest.raises(FilmBroken) as caught:
        read_attention(path, "run-1")
    assert caught.value.path == path


def test_random_damage_is_refused_or_harmless(tmp_path: Path) -> None:
    path = tmp_path / "house.words.safetensors"
    whole = content()
    rng = np.random.default_rng(1)
    for _ in range(200):
        damaged = bytearray(whole)
        damaged[rng.integers(len(damaged))] ^= 1 << rng.integers(8)
        path.write_bytes(bytes(damaged))
        try:
            found = read_attention(path, "run-1")
        except FilmBroken:
            continue
        assert found.summed.shape == (1, 3, 3)
