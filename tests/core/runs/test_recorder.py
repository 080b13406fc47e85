"""A film is on the disk while its run goes on, beside its picture afterwards, and never in the run's way."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import SaveFailed
from core.film.attention_file import attention_path, read_attention
from core.film.attention_maps import AttentionMaps, AttentionRecord
from core.film.reader import PART_SUFFIX, SUFFIX, read_recording
from core.prompt.word import Word
from core.request.request import GenerationRequest, Size
from core.runs.branch import Branch
from core.runs.events import Event, ImageReady, Stepped
from core.runs.operations import Generate, GenerateBranch, OpenFilm, result_of
from core.runs.recorder import FilmRecorder
from tests import fakes

WORDS = (Word("house", 2, 7, 2, 3),)
REQUEST = GenerationRequest("a house", size=Size(64, 64), steps=5, seed=3)


def run() -> Generator[Event, None, None]:
    return fakes.FakeEngine().run(Generate(REQUEST))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pictures" / ".unfinished"


@pytest.fixture
def recorder(folder: Path) -> FilmRecorder:
    return FilmRecorder(lambda: folder)


def watched(
    events: Generator[Event, None, None], record: AttentionRecord | None = None
) -> Generator[Event, None, None]:
    """Adds what the open view of the words has the engine tell, from ``record`` on."""
    for event in events:
        if isinstance(event, Stepped):
            maps = AttentionMaps(event.frame.call, WORDS, np.full((1, 2, 2), event.frame.call / 8, np.float16))
            record = record.with_maps(maps) if record is not None else AttentionRecord.begin(maps)
            yield replace(event, attention=record)
        else:
            yield event


def advance(events: Generator[Event, None, None], calls: int) -> Stepped:
    """Makes so many calls and returns what was told of the last one."""
    stepped = (event for event in events if isinstance(event, Stepped))
    for _ in range(calls - 1):
        next(stepped)
    return next(stepped)


def test_every_call_is_on_the_disk_before_it_is_told(recorder: FilmRecorder, folder: Path) -> None:
    events = recorder.record(run())
    for calls in (1, 2, 3):
        advance(events, 1)
        assert len(read_recording(folder / f"run-3{PART_SUFFIX}").calls) == calls
    events.close()


def test_the_film_of_a_saved_picture_lies_beside_it(recorder: FilmRecorder, folder: Path, tmp_path: Path) -> None:
    list(recorder.record(run()))
    picture = tmp_path / "pictures" / "house.png"
    assert recorder.put_beside("run-3", picture) == tmp_path / "pictures" / f"house{SUFFIX}"
    assert read_recording(tmp_path / "pictures" / f"house{SUFFIX}").is_complete
    assert not list(folder.iterdir())


def test_a_stopped_run_stays_to_be_taken_up_again(recorder: FilmRecorder, folder: Path) -> None:
    events = recorder.record(run())
    advance(events, 2)
    events.close()
    recording = read_recording(folder / f"run-3{PART_SUFFIX}")
    assert len(recording.calls) == 2


def test_a_run_that_goes_on_goes_on_in_its_own_film(recorder: FilmRecorder, folder: Path) -> None:
    engine = fakes.FakeEngine()
    events = recorder.record(engine.run(Generate(REQUEST)))
    for event in events:
        if isinstance(event, Stepped) and event.frame.call == 1:
            break
    events.close()
    part = folder / f"run-3{PART_SUFFIX}"
    film = result_of(engine, OpenFilm(part)).film
    list(recorder.record(engine.run(GenerateBranch(Branch(film, 2, film.request)))))
    assert read_recording(folder / f"run-3{SUFFIX}").is_complete
    assert not part.exists()


def test_a_kept_step_of_a_stopped_run_takes_the_short_film_with_it(recorder: FilmRecorder, tmp_path: Path) -> None:
    events = recorder.record(run())
    advance(events, 2)
    events.close()
    moved = recorder.put_beside("run-3", tmp_path / "kept.png")
    assert moved is not None
    assert len(read_recording(moved).calls) == 2


def test_nothing_is_recorded_where_films_are_not_kept(tmp_path: Path) -> None:
    recorder = FilmRecorder(lambda: None)
    assert isinstance(list(recorder.record(run()))[-1], ImageReady)
    assert recorder.put_beside("run-3", tmp_path / "house.png") is None
    assert not list(tmp_path.iterdir())


def test_a_film_that_cannot_be_written_does_not_stop_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    recorder = FilmRecorder(lambda: tmp_path / "file")
    assert isinstance(list(recorder.record(run()))[-1], ImageReady)
    with pytest.raises(SaveFailed):
        recorder.put_beside("run-3", tmp_path / "house.png")
    assert recorder.put_beside("run-3", tmp_path / "house.png") is None


def test_a_film_that_cannot_be_moved_stays_where_it_is(
    recorder: FilmRecorder, folder: Path, tmp_path: Path
) -> None:
    list(recorder.record(run()))
    with pytest.raises(SaveFailed):
        recorder.put_beside("run-3", tmp_path / ("x" * 300) / "house.png")
    assert (folder / f"run-3{SUFFIX}").exists()


def test_where_words_acted_is_put_beside_the_picture_too(
    recorder: FilmRecorder, folder: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "pictures" / "house.png"
    list(recorder.record(watched(run())))
    recorder.put_beside("run-3", picture)
    found = read_attention(attention_path(picture), "run-3")
    assert [maps.call for maps in found.calls] == [0, 1, 2, 3, 4]
    list(recorder.record(fakes.FakeEngine().run(Generate(replace(REQUEST, seed=4)))))
    recorder.put_beside("run-4", picture)
    assert not attention_path(picture).exists()


def test_where_words_acted_before_a_stop_is_kept_when_the_run_goes_on(
    recorder: FilmRecorder, folder: Path, tmp_path: Path
) -> None:
    engine = fakes.FakeEngine()
    events = recorder.record(watched(engine.run(Generate(REQUEST))))
    before = advance(events, 2).attention
    events.close()
    film = result_of(engine, OpenFilm(folder / f"run-3{PART_SUFFIX}")).film
    list(recorder.record(watched(engine.run(GenerateBranch(Branch(film, 2, film.request))), before)))
    recorder.put_beside("run-3", tmp_path / "pictures" / "house.png")
    found = read_attention(tmp_path / "pictures" / "house.words.safetensors", "run-3")
    assert [maps.call for maps in found.calls] == [0, 1, 2, 3, 4]
