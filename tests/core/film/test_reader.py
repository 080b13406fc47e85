"""A film file gives back exactly what was recorded, and refuses everything else quickly."""

from __future__ import annotations

import json
import random
import struct
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import safetensors
import safetensors.numpy

from core.errors import FilmBroken
from core.film.film import Film
from core.film.reader import Recording, completed_calls, film_path, read_recording
from core.film.writer import FilmWriter
from core.recipes.recipe import Parent
from tests import synthetic_film

MUTATIONS = 2000


def with_header(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


DAMAGES: list[tuple[Callable[[bytes], bytes], str]] = [
    (lambda content: b"", "cut off"),
    (lambda content: content[:5], "cut off"),
    (lambda content: content[:300], "cut off"),
    (lambda content: content[:-1], "expected"),
    (lambda content: content + b"\0", "expected"),
    (lambda content: bytes(8) + content[8:], "before its first step"),
    (lambda content: struct.pack("<Q", 2**63) + content[8:], "claims a header"),
    (lambda content: struct.pack("<Q", 50 * 2**20) + bytes(60 * 2**20), "claims a header"),
    (lambda content: content.replace(b'"version":"1"', b'"version":"9"'), "version 9"),
    (lambda content: content.replace(b"a red house", b"a bed house"), "damaged"),
    (lambda content: content.replace(b'"BF16"', b'"F16" '), "not those of a film"),
    (lambda content: content.replace(b'"uncond"', b'"uncunt"'), "not those of a film"),
    (lambda content: b"\x89PNG\r\n\x1a\n" + content, "claims a header"),
    (lambda content: safetensors.numpy.save({"a": np.zeros(3)}), "no film"),
    (lambda content: with_header(b"[" * 100_000), "damaged"),
    (lambda content: with_header(b'"text"'), "damaged"),
    (lambda content: with_header(b'{"__metadata__": 3}'), "no film"),
]


def saved(folder: Path, film: Film, calls: int | None = None) -> Path:
    writer = FilmWriter(folder / "sea.film.safetensors", film)
    for frame in film.frames[:calls]:
        writer.write(frame)
    path = writer.finish()
    assert path is not None
    return path


def assert_holds(recording: Recording, film: Film, calls: int) -> None:
    assert len(recording.calls) == calls
    np.testing.assert_array_equal(recording.start, film.frames[0].noisy)
    for call, frame in zip(recording.calls, film.frames, strict=False):
        for read, recorded in ((call.guided, frame.guided), (call.cond, frame.cond), (call.uncond, frame.uncond)):
            assert (read is None) == (recorded is None)
            if read is not None and recorded is not None:
                assert read.dtype == recorded.dtype
                assert read.tobytes() == recorded.tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("guidance_scale", [1.0, 4.0])
def test_gives_back_what_was_recorded(tmp_path: Path, dtype: type, guidance_scale: float) -> None:
    film = synthetic_film.film(5, dtype=dtype, guidance_scale=guidance_scale)
    recording = read_recording(saved(tmp_path, film))
    assert recording.is_complete
    assert_holds(recording, film, 5)


def test_gives_back_everything_that_determines_the_run(tmp_path: Path) -> None:
    film = replace(
        synthetic_film.film(
            4, calls_per_step=2, space="ve", prediction_type="v_prediction", prompt="Öl \ud800 ✨"
        ),
        run="a1",
        batch="b2",
        parent=Parent("b2", 3, "prompt"),
        skipped_steps=2,
        computed_by="Example 4070 (8.9), torch 2.13.0",
    )
    recording = read_recording(saved(tmp_path, film))
    read = recording.film
    assert read.computed_by == film.computed_by
    assert read.batch == "b2"
    assert (read.run, read.parent, read.skipped_steps) == ("a1", Parent("b2", 3, "prompt"), 2)
    assert (read.request, read.model) == (film.request, film.model)
    assert (read.prediction_type, read.space) == ("v_prediction", "ve")
    assert (read.scheduler, read.scheduler_config) == (film.scheduler, film.scheduler_config)
    assert read.schedule.steps == (0, 0, 1, 1, 2, 2, 3)
    np.testing.assert_array_equal(read.schedule.sigmas, film.schedule.sigmas)
    np.testing.assert_array_equal(read.schedule.timesteps, film.schedule.timesteps)
    np.testing.assert_array_equal(read.latent_rgb.matrix, film.latent_rgb.matrix)


def test_an_infinite_first_sigma_is_kept(tmp_path: Path) -> None:
    film = synthetic_film.film(3)
    film.schedule.sigmas[0] = np.inf
    assert read_recording(saved(tmp_path, film)).film.schedule.sigmas[0] == np.inf


def test_is_a_safetensors_file_that_other_programs_can_read(tmp_path: Path) -> None:
    film = synthetic_film.film(3, dtype=np.float16)
    path = saved(tmp_path, film)
    tensors = safetensors.numpy.load_file(path)
    np.testing.assert_array_equal(tensors["guided"][1], film.frames[1].guided)
    assert list(tensors["completed"]) == [2, 2, 2]
    with safetensors.safe_open(path, "np") as file:
        assert file.metadata()["format"] == "emulsion-film"


def test_a_stopped_run_takes_no_room_for_the_calls_that_were_not_done(tmp_path: Path) -> None:
    film = synthetic_film.film(20)
    path = saved(tmp_path, film, calls=4)
    recording = read_recording(path)
    assert not recording.is_complete
    assert recording.film.schedule.calls == 20
    assert_holds(recording, film, 4)
    assert path.stat().st_size < 4 * 3 * film.frames[0].guided.nbytes + 20_000
    assert [file.name for file in tmp_path.iterdir()] == ["sea.film.safetensors"]


def test_guidance_may_begin_or_end_within_a_run(tmp_path: Path) -> None:
    guided, plain = synthetic_film.film(4), synthetic_film.film(4, guidance_scale=1.0)
    mixed = replace(guided, frames=(*guided.frames[:2], *plain.frames[2:]))
    recording = read_recording(saved(tmp_path, mixed))
    assert [call.cond is None for call in recording.calls] == [False, False, True, True]
    assert_holds(recording, mixed, 4)


def test_the_film_lies_beside_its_picture() -> None:
    assert film_path(Path("day") / "12-30-sea.v2.png") == Path("day") / "12-30-sea.v2.film.safetensors"


def test_a_damaged_call_ends_the_recording_before_it(tmp_path: Path, expected_warnings: list[str]) -> None:
    expected_warnings.append("call 4 of a film is damaged")
    film = synthetic_film.film(6, guidance_scale=1.0)
    path = saved(tmp_path, film)
    content = bytearray(path.read_bytes())
    content[-6 - 2 * film.frames[0].guided.nbytes + 100] ^= 4  # in the guided prediction of call 4
    path.write_bytes(content)
    assert_holds(read_recording(path), film, 4)


@pytest.mark.parametrize(("damage", "reason"), DAMAGES)
def test_says_what_is_wrong_with_a_damaged_or_foreign_file(
    tmp_path: Path, damage: Callable[[bytes], bytes], reason: str
) -> None:
    path = saved(tmp_path, synthetic_film.film(3, dtype=ml_dtypes.bfloat16))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(FilmBroken, match=reason):
        read_recording(path)


@pytest.mark.parametrize(
    "change",
    [
        {"sigmas": [10**9]},
        {"sigmas": [10**30]},
        {"sigmas": []},
        {"completed": [4000], "sigmas": [4000], "guided": [4000, 4, 2**20, 2**20]},
        {"guided": [2, 4, 2048, 2048], "start": [4, 2048, 2048]},
        {"guided": [2, 4, -1, 16]},
        {"guided": "2"},
        {"start": [4, 16, True]},
    ],
)
def test_wrong_shapes_are_refused_without_taking_memory(tmp_path: Path, change: dict[str, object]) -> None:
    path = saved(tmp_path, synthetic_film.film(2))
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    table = json.loads(content[8 : 8 + length])
    for name, shape in change.items():
        table[name]["shape"] = shape
    path.write_bytes(with_header(json.dumps(table).encode()) + content[8 + length :])
    tracemalloc.start()
    try:
        with pytest.raises(FilmBroken):
            read_recording(path)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_random_damage_is_refused_or_harmless(tmp_path: Path, expected_warnings: list[str]) -> None:
    expected_warnings.append("is damaged")
    """Bit flips, cuts and overwritten stretches never give other numbers, another error, or a long wait."""
    film = synthetic_film.film(3, shape=(4, 8, 8))
    path = saved(tmp_path, film)
    original = path.read_bytes()
    (header_length,) = struct.unpack("<Q", original[:8])
    rng = random.Random(5)
    began = time.process_time()
    refused = 0
    for _ in range(MUTATIONS):
        content = bytearray(original)
        reach = len(content) if rng.random() < 0.3 else header_length + 8
        match rng.randrange(3):
            case 0:
                for _ in range(rng.randint(1, 4)):
                    content[rng.randrange(reach)] ^= 1 << rng.randrange(8)
            case 1:
                del content[rng.randrange(len(content)) :]
            case _:
                start = rng.randrange(reach)
                content[start : start + 16] = rng.randbytes(len(content[start : start + 16]))
        path.write_bytes(content)
        try:
            recording = read_recording(path)
        except FilmBroken:
            refused += 1
        else:
            assert recording.film.request == film.request
            assert_holds(recording, film, len(recording.calls))
    assert refused > MUTATIONS * 0.7
    assert time.process_time() - began < 60


@pytest.mark.parametrize("path", ["missing.film.safetensors", "."])
def test_a_path_that_is_no_file_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(FilmBroken):
        read_recording(tmp_path / path)


def test_completed_calls_are_counted_without_reading_them(tmp_path: Path) -> None:
    assert completed_calls(saved(tmp_path, synthetic_film.film(9), calls=7)) == 7
