"""Named arrays of a film come back as they were, stay in what continues the film, and are read strictly."""

from __future__ import annotations

import base64
import json
import struct
import tracemalloc
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import FilmBroken, SaveFailed
from core.film.checksums import checksum
from core.film.extras import LARGEST_EXTRAS, MOST_EXTRAS
from core.film.film import Film, Schedule
from core.film.layout import decode_header
from core.film.reader import read_recording
from core.film.writer import FilmWriter
from tests import synthetic_film

EXTRAS: Mapping[str, NDArray[Any]] = {
    "mask": np.eye(4, dtype=np.float32)[None],
    "source": np.arange(6).reshape(2, 3).astype(ml_dtypes.bfloat16),
    "from the future 海": np.array(7, np.uint8),
    "empty": np.zeros((0, 3), np.int32),
}


def saved(folder: Path, film: Film, calls: int | None = None) -> Path:
    writer = FilmWriter(folder / "sea.film.safetensors", film)
    for frame in film.frames[:calls]:
        writer.write(frame)
    path = writer.finish()
    assert path is not None
    return path


def assert_same(found: Mapping[str, NDArray[Any]], expected: Mapping[str, NDArray[Any]] = EXTRAS) -> None:
    assert list(found) == list(expected)
    for name, array in expected.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert found[name].tobytes() == array.tobytes()


def known_of(path: Path) -> list[NDArray[Any]]:
    recording = read_recording(path)
    schedule: Schedule = recording.film.schedule
    steps = np.asarray(schedule.steps, "<i4")
    return [np.asarray(schedule.sigmas, "<f8"), np.asarray(schedule.timesteps, "<f4"), steps, recording.start]


def with_extras(path: Path, extras: object) -> None:
    """Writes any JSON as the extras of a film, with the right checksum."""
    content, known = path.read_bytes(), known_of(path)
    (length,) = struct.unpack("<Q", content[:8])
    header = decode_header(content[8 : 8 + length])
    film_json = json.dumps({**json.loads(header.film_json), "extras": extras}, separators=(",", ":"))
    changed = replace(header, film_json=film_json, checksum=checksum(film_json, known))
    path.write_bytes(changed.encode() + content[8 + length :])


def entry(**changes: object) -> dict[str, object]:
    packed = base64.b64encode(zlib.compress(bytes(16))).decode()
    return {"dtype": "F32", "shape": [4], "zlib": packed, **changes}


def test_extras_come_back_as_they_were(tmp_path: Path) -> None:
    film = replace(synthetic_film.film(3), extras=EXTRAS)
    assert_same(read_recording(saved(tmp_path, film)).film.extras)


def test_a_film_without_extras_is_written_as_before_them(tmp_path: Path) -> None:
    path = saved(tmp_path, synthetic_film.film(2))
    assert b"extras" not in path.read_bytes()
    assert read_recording(path).film.extras == {}


def test_a_stopped_and_a_resumed_film_keep_what_they_do_not_know(tmp_path: Path) -> None:
    film = replace(synthetic_film.film(5), extras=EXTRAS)
    assert_same(read_recording(saved(tmp_path, film, calls=2)).film.extras)
    with FilmWriter(tmp_path / "cut.film.safetensors", film) as cut:
        cut.write(film.frames[0])
    resumed = FilmWriter.resume(cut.part_path)
    resumed.write(film.frames[1])
    path = resumed.finish()
    assert path is not None
    assert_same(read_recording(path).film.extras)


@pytest.mark.parametrize(
    "extras",
    [
        [],
        7,
        {"mask": 3},
        {"": entry()},
        {"m" * 101: entry()},
        {"mask": entry(dtype="C64")},
        {"mask": entry(dtype=None)},
        {"mask": entry(shape=4)},
        {"mask": entry(shape=[-4])},
        {"mask": entry(shape=[True, 4])},
        {"mask": entry(shape=[1] * 9)},
        {"mask": entry(shape=[3])},
        {"mask": entry(shape=[5])},
        {"mask": entry(shape=[2**30, 2**30, 2**30])},
        {"mask": entry(zlib=None)},
        {"mask": entry(zlib="?")},
        {"mask": entry(zlib="AAAA")},
        {f"mask {number}": entry() for number in range(MOST_EXTRAS + 1)},
        {"one": entry(shape=[LARGEST_EXTRAS // 8]), "two": entry(shape=[LARGEST_EXTRAS // 8 + 4])},
    ],
)
def test_damaged_extras_are_refused(tmp_path: Path, extras: object) -> None:
    path = saved(tmp_path, synthetic_film.film(2))
    with_extras(path, extras)
    with pytest.raises(FilmBroken, match="extra"):
        read_recording(path)


def test_well_formed_extras_written_by_hand_are_read(tmp_path: Path) -> None:
    path = saved(tmp_path, synthetic_film.film(2))
    with_extras(path, {"mask": entry()})
    assert_same(read_recording(path).film.extras, {"mask": np.zeros(4, np.float32)})


def test_what_unpacks_to_more_than_its_shape_takes_no_memory(tmp_path: Path) -> None:
    path = saved(tmp_path, synthetic_film.film(2))
    bomb = base64.b64encode(zlib.compress(bytes(200 * 2**20), 9)).decode()
    with_extras(path, {"mask": entry(zlib=bomb)})
    tracemalloc.start()
    try:
        with pytest.raises(FilmBroken, match="does not have the 16 bytes"):
            read_recording(path)
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("extras", "reason"),
    [
        ({"mask": np.zeros(LARGEST_EXTRAS // 4 + 1, np.float32)}, "expected at most"),
        ({"noise": np.random.default_rng(0).random(4_500_000).astype(np.float32)}, "header would have"),
        ({"mask": np.zeros(3, np.complex64)}, "expected one of"),
        ({f"mask {number}": np.zeros(1, np.uint8) for number in range(MOST_EXTRAS + 1)}, "17 extras"),
    ],
)
def test_extras_that_nobody_could_read_are_not_written(
    tmp_path: Path, extras: Mapping[str, NDArray[Any]], reason: str
) -> None:
    film = replace(synthetic_film.film(2), extras=extras)
    with pytest.raises(SaveFailed, match=reason):
        FilmWriter(tmp_path / "sea.film.safetensors", film).write(film.frames[0])
    assert list(tmp_path.iterdir()) == []
