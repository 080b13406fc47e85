"""The pictures of a grid are those of single runs, bit for bit, and share the work that they can share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.engine.engine import Engine
from core.errors import GridInUse, SaveFailed
from core.film.reader import PART_SUFFIX, SUFFIX, completed_calls
from core.grid.folder import new_folder
from core.grid.grid import Grid
from core.grid.operation import MakeGrid
from core.grid.planning import plan
from core.models.catalogue import Catalogue
from core.pictures.saving import save_in
from core.request.request import GenerationRequest, Size
from core.runs.events import Event, ImageReady, Loading, Phase, Started, Stepped
from core.runs.operations import Generate
from core.runs.recorder import FilmRecorder
from tests import tiny

REQUEST = GenerationRequest("a red house", model="tiny", size=Size(32, 24), sampler="euler_a", steps=3, seed=7)


def pictures(events: list[Event]) -> list[ImageReady]:
    return [event for event in events if isinstance(event, ImageReady)]


def test_each_picture_is_the_one_of_a_single_run(engine: Engine, models: Path, tmp_path: Path) -> None:
    grid = plan(REQUEST, [("search-replace", "red, blue"), ("sampler", "euler_a, DPM++ 2M"), ("steps", "2-3")])
    ready = pictures(list(engine.run(MakeGrid(grid, tmp_path, grid.order))))
    assert [image.film.run for image in ready] == [grid.run_of(number) for number in grid.order]
    alone = Engine(Catalogue((models,)), device="cpu", dtype="float32")
    for number, image in zip(grid.order, ready, strict=True):
        (single,) = pictures(list(alone.run(Generate(grid.request_of(number)))))
        assert np.array_equal(single.image.pixels, image.image.pixels)
        assert image.image.recipe.batch == grid.id
        ours, theirs = (replace(one.image.recipe, run="", batch="", seconds=0) for one in (single, image))
        assert ours == theirs
    alone.close()


def test_models_and_prompts_are_read_once(engine: Engine, tmp_path: Path) -> None:
    grid = plan(REQUEST, [("steps", "1-2"), ("model", "tiny, tiny-v"), ("search-replace", "red, blue")])
    phases = [
        event.phase for event in engine.run(MakeGrid(grid, tmp_path, grid.order)) if isinstance(event, Loading)
    ]
    assert phases.count(Phase.loading_model) == 2
    assert phases.count(Phase.reading_prompt) == 4
    started = [e for e in engine.run(MakeGrid(grid, tmp_path, grid.order[:3])) if isinstance(e, Started)]
    assert [(event.index, event.count) for event in started] == [(0, 3), (1, 3), (2, 3)]


def test_loras_along_an_axis_act_as_alone(engine: Engine, tmp_path: Path) -> None:
    ink = tiny.lora(tmp_path / "ink.safetensors", tiny.unet(), "unet")
    grid = plan(REQUEST, [("lora", f"none, {ink}:0.5-1 (+0.5)")])
    ready = pictures(list(engine.run(MakeGrid(grid, tmp_path, grid.order))))
    singles = [pictures(list(engine.run(Generate(grid.request_of(number)))))[0] for number in grid.order]
    assert all(np.array_equal(a.image.pixels, b.image.pixels) for a, b in zip(ready, singles, strict=True))
    assert not np.array_equal(ready[0].image.pixels, ready[2].image.pixels)


@pytest.fixture
def grid() -> Grid:
    return plan(REQUEST, [("steps", "3,4"), ("seed", "7,8")])


def cut_off(engine: Engine, grid: Grid, films: Path, number: int, calls: int) -> Path:
    """Stops a picture after so many calls, and returns its film."""
    events = FilmRecorder(lambda: films).record(engine.run(MakeGrid(grid, films, (number,), films)))
    for event in events:
        if isinstance(event, Stepped) and event.frame.call == calls - 1:
            break
    events.close()
    return films / (grid.run_of(number) + PART_SUFFIX)


def whole(engine: Engine, grid: Grid, number: int) -> np.ndarray:
    return pictures(list(engine.run(Generate(grid.request_of(number)))))[0].image.pixels


def test_a_picture_that_was_cut_off_goes_on_from_its_film(engine: Engine, grid: Grid, tmp_path: Path) -> None:
    part = cut_off(engine, grid, tmp_path, 1, calls=2)
    assert completed_calls(part) == 2
    recorded = FilmRecorder(lambda: tmp_path).record(engine.run(MakeGrid(grid, tmp_path, (1,), tmp_path)))
    events = list(recorded)
    assert [event.frame.call for event in events if isinstance(event, Stepped)] == [2, 3]
    (ready,) = pictures(events)
    assert ready.film.run == grid.run_of(1)
    assert np.array_equal(ready.image.pixels, whole(engine, grid, 1))
    assert (tmp_path / (grid.run_of(1) + SUFFIX)).exists()
    again = list(engine.run(MakeGrid(grid, tmp_path, (1,), tmp_path)))  # killed before its picture was saved
    assert not [event for event in again if isinstance(event, Stepped)]
    assert np.array_equal(pictures(again)[0].image.pixels, ready.image.pixels)


def emptied(_content: bytes) -> bytes:
    return b""


def cut(content: bytes) -> bytes:
    return content[:300]


def spoilt(content: bytes) -> bytes:
    return b"x" * len(content)


@pytest.mark.parametrize("damage", [emptied, cut, spoilt])
def test_a_film_that_cannot_be_taken_up_does_not_stop_the_grid(
    engine: Engine, grid: Grid, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    part = cut_off(engine, grid, tmp_path, 2, calls=1)
    part.write_bytes(damage(part.read_bytes()))
    events = list(FilmRecorder(lambda: tmp_path).record(engine.run(MakeGrid(grid, tmp_path, (2,), tmp_path))))
    assert np.array_equal(pictures(events)[0].image.pixels, whole(engine, grid, 2))
    assert (tmp_path / (grid.run_of(2) + SUFFIX)).exists()


def test_two_processes_do_not_make_the_same_grid(engine: Engine, grid: Grid, tmp_path: Path) -> None:
    folder = new_folder(grid, tmp_path)
    run = engine.run(MakeGrid(grid, folder, grid.order))
    next(run)
    with pytest.raises(GridInUse):
        next(engine.run(MakeGrid(grid, folder, (1,))))
    run.close()
    assert pictures(list(engine.run(MakeGrid(grid, folder, (1,)))))  # the lock went with the run


def test_a_folder_without_a_description_is_held_too(engine: Engine, grid: Grid, tmp_path: Path) -> None:
    run = engine.run(MakeGrid(grid, tmp_path, grid.order))
    next(run)
    with pytest.raises(GridInUse):
        next(engine.run(MakeGrid(grid, tmp_path, (1,))))
    run.close()


def test_what_another_process_has_made_meanwhile_is_not_made_again(
    engine: Engine, grid: Grid, tmp_path: Path
) -> None:
    folder = new_folder(grid, tmp_path)
    (first,) = pictures(list(engine.run(MakeGrid(grid, folder, (1,)))))
    save_in(first.image, folder)
    rest = pictures(list(engine.run(MakeGrid(grid, folder, grid.order))))
    assert {ready.film.run for ready in rest} == {grid.run_of(number) for number in grid.order if number != 1}


@pytest.mark.parametrize("suffix", [SUFFIX, PART_SUFFIX])
def test_a_broken_film_that_cannot_be_removed_is_told(
    engine: Engine, grid: Grid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    films = tmp_path / "films"
    films.mkdir()
    (films / (grid.run_of(1) + suffix)).write_bytes(b"broken")

    def refuse(_self: Path, **_: object) -> None:
        raise PermissionError(13, "The file is in use")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(SaveFailed, match="in use"):
        list(engine.run(MakeGrid(grid, new_folder(grid, tmp_path), (1,), films)))
