"""Whatever ends the process, every completed call of a film can be read, and the run can be taken up again."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from core.errors import FilmBroken, SaveFailed
from core.film.reader import read_recording
from core.film.stored import unfinished
from core.film.writer import FilmWriter
from tests import synthetic_film

NAME = "sea.film.safetensors"

WRITE_SLOWLY = """
import sys, time
from pathlib import Path
from core.film.writer import FilmWriter
from tests import synthetic_film
film = synthetic_film.film(30)
writer = FilmWriter(Path(sys.argv[1]), film)
for frame in film.frames:
    writer.write(frame)
    print(frame.call, flush=True)
    time.sleep(0.002)
"""


@pytest.mark.parametrize("calls", [1, 4, 11])
def test_a_killed_process_loses_no_call_that_was_written(tmp_path: Path, calls: int) -> None:
    film = synthetic_film.film(30)
    with subprocess.Popen(
        [sys.executable, "-c", WRITE_SLOWLY, str(tmp_path / NAME)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for _ in range(calls):
            process.stdout.readline()
        process.kill()
    (run,) = unfinished(tmp_path)
    recording = read_recording(run.path)
    assert len(recording.calls) >= calls
    for call, frame in zip(recording.calls, film.frames, strict=False):
        np.testing.assert_array_equal(call.guided, frame.guided)


def test_a_resumed_recording_is_the_one_of_an_uninterrupted_run(tmp_path: Path) -> None:
    film = synthetic_film.film(8)
    whole = FilmWriter(tmp_path / "whole.film.safetensors", film)
    cut = FilmWriter(tmp_path / NAME, film)
    for frame in film.frames:
        whole.write(frame)
    for frame in film.frames[:3]:
        cut.write(frame)
    cut.close()
    resumed = FilmWriter.resume(cut.part_path)
    for frame in film.frames[3:]:
        resumed.write(frame)
    whole_path, resumed_path = whole.finish(), resumed.finish()
    assert whole_path is not None
    assert resumed_path is not None
    assert resumed_path.name == NAME
    assert resumed_path.read_bytes() == whole_path.read_bytes()


def test_calls_behind_a_damaged_one_are_recorded_again(tmp_path: Path, expected_warnings: list[str]) -> None:
    expected_warnings.append("call 2 of a film is damaged")
    film = synthetic_film.film(6, guidance_scale=1.0)
    writer = FilmWriter(tmp_path / NAME, film)
    for frame in film.frames:
        writer.write(frame)
    writer.close()
    content = bytearray(writer.part_path.read_bytes())
    content[-6 - 4 * film.frames[0].guided.nbytes + 8] ^= 1  # in call 2: a page that never reached the disk
    writer.part_path.write_bytes(content)
    with FilmWriter.resume(writer.part_path) as resumed:
        resumed.write(film.frames[2])
    assert len(read_recording(writer.part_path).calls) == 3


def test_a_run_that_still_goes_on_cannot_be_taken_up(tmp_path: Path) -> None:
    film = synthetic_film.film(3)
    with FilmWriter(tmp_path / NAME, film) as writer:
        writer.write(film.frames[0])
        with pytest.raises(FilmBroken, match="still going on"):
            FilmWriter.resume(writer.part_path)


def test_nothing_is_written_before_the_first_call(tmp_path: Path) -> None:
    writer = FilmWriter(tmp_path / "new" / NAME, synthetic_film.film(3))
    assert writer.finish() is None
    assert list(tmp_path.iterdir()) == []


def test_discarding_leaves_nothing(tmp_path: Path) -> None:
    film = synthetic_film.film(3)
    writer = FilmWriter(tmp_path / NAME, film)
    writer.write(film.frames[0])
    writer.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_frame_out_of_order_is_refused(tmp_path: Path) -> None:
    film = synthetic_film.film(3)
    with FilmWriter(tmp_path / NAME, film) as writer:
        writer.write(film.frames[0])
        with pytest.raises(ValueError, match="expected 1"):
            writer.write(film.frames[2])


def test_a_frame_of_another_shape_is_refused(tmp_path: Path) -> None:
    film, other = synthetic_film.film(3), synthetic_film.film(3, shape=(4, 8, 8))
    with FilmWriter(tmp_path / NAME, film) as writer:
        writer.write(film.frames[0])
        with pytest.raises(ValueError, match="has no place"):
            writer.write(other.frames[1])


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    film = synthetic_film.film(3)
    with pytest.raises(SaveFailed):
        FilmWriter(tmp_path / "file" / NAME, film).write(film.frames[0])


if sys.platform != "win32":
    import resource
    import signal

    def test_a_full_disk_is_told_and_leaves_the_calls_before_it(tmp_path: Path) -> None:
        """The limit on a file's size stands in for the full disk: the write is refused by the system itself."""
        film = synthetic_film.film(4)
        writer = FilmWriter(tmp_path / NAME, film)
        writer.write(film.frames[0])
        writer.write(film.frames[1])
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        try:
            with pytest.raises(SaveFailed):
                writer.write(film.frames[2])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, previous)
        writer.close()
        assert len(read_recording(writer.part_path).calls) == 2


def test_halves_of_lower_precision_than_what_is_guided_keep_their_values(tmp_path: Path) -> None:
    film = synthetic_film.film(3)
    narrow = np.dtype(ml_dtypes.bfloat16)
    writer = FilmWriter(tmp_path / NAME, film)
    for frame in film.frames:
        assert frame.cond is not None
        assert frame.uncond is not None
        writer.write(replace(frame, cond=frame.cond.astype(narrow), uncond=frame.uncond.astype(narrow)))
    path = writer.finish()
    assert path is not None
    for call, frame in zip(read_recording(path).calls, film.frames, strict=True):
        assert call.cond is not None
        assert frame.cond is not None
        np.testing.assert_array_equal(call.cond, frame.cond.astype(narrow).astype(np.float32))


def test_a_film_that_nobody_could_read_is_refused_before_it_fills_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = synthetic_film.film(3)
    monkeypatch.setattr("core.film.reader.LARGEST_FILM", 10_000)
    with pytest.raises(SaveFailed, match="at most 10,000"):
        FilmWriter(tmp_path / NAME, film).write(film.frames[0])
    assert not list(tmp_path.iterdir())


def test_a_film_is_trimmed_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system reads no more than 2 GiB at a time."""
    film = synthetic_film.film(5)
    monkeypatch.setattr("core.film.writer._AT_ONCE", 100)
    writer = FilmWriter(tmp_path / NAME, film)
    for frame in film.frames[:3]:
        writer.write(frame)
    writer.finish()
    for call, frame in zip(read_recording(tmp_path / NAME).calls, film.frames[:3], strict=True):
        np.testing.assert_array_equal(call.guided, frame.guided)
