"""Measures how much more a grid takes than its pictures made one by one.

``python -m tests.benchmarks.grid`` makes 3 x 3 x 2 pictures of the starter model by turns as a grid, with films,
pictures and sheet as ``emulsion grid`` writes them, and as single runs with films and pictures as ``emulsion
generate`` does, in one process. It prints the processor time (user and system) and the time of each turn, and by
how much the medians differ; the first turn of each kind is left out.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from core.engine.engine import Engine
from core.grid.folder import new_folder
from core.grid.operation import MakeGrid
from core.grid.planning import check, plan
from core.grid.sheet import Sheet
from core.models.catalogue import Catalogue
from core.pictures.saving import save_in
from core.request.request import GenerationRequest
from core.runs.events import ImageReady, PreviewMode
from core.runs.operations import Generate
from core.runs.recorder import FilmRecorder

REQUEST = GenerationRequest("a red house by the sea at sunset", seed=7)
AXES = (("guidance", "2, 4, 6"), ("sampler", "ddim, dpmpp_2m, euler"), ("search-replace", "red, blue"))


def main() -> int:
    """Takes turns and prints what they took."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.grid", description=__doc__)
    parser.add_argument("--steps", type=int, default=20, help="steps of each picture (default: 20)")
    parser.add_argument("--turns", type=int, default=5, help="of each kind, after the first (default: 5)")
    arguments = parser.parse_args()
    engine = Engine(Catalogue(()), device="cpu")
    request = GenerationRequest(REQUEST.prompt, seed=REQUEST.seed, steps=arguments.steps)
    kinds: dict[str, Callable[[Path], int]] = {
        "grid": partial(as_grid, engine, request),
        "single runs": partial(one_by_one, engine, request),
    }
    taken: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    for turn in range(arguments.turns + 1):
        for kind, make in kinds.items():
            with tempfile.TemporaryDirectory() as folder:
                before, began = processor_seconds(), time.perf_counter()
                pictures = make(Path(folder))
                spent, lasted = processor_seconds() - before, time.perf_counter() - began
            print(f"{kind:<12} {pictures} pictures: {spent:7.2f} s of the processor, {lasted:7.2f} s")
            if turn:
                taken[kind].append((spent, lasted))
    for name, place in (("processor time", 0), ("time", 1)):
        grid, single = (statistics.median(each[place] for each in taken[kind]) for kind in kinds)
        print(f"a grid takes {100 * (grid / single - 1):+.2f} % more {name} than single runs")
    engine.close()
    return 0


def as_grid(engine: Engine, request: GenerationRequest, place: Path) -> int:
    """Does as the command does, from the typed values to the written sheet."""
    grid = plan(request, AXES)
    check(grid, Catalogue(()))
    folder, films = new_folder(grid, place), place / "films"
    sheet, recorder = Sheet(grid, folder), FilmRecorder(lambda: films)
    sheet.write()
    operation = MakeGrid(grid, folder, grid.order, films, PreviewMode.linear)
    for event in recorder.record(engine.run(operation)):
        if isinstance(event, ImageReady):
            path = save_in(event.image, folder)
            recorder.put_beside(event.film.run, path)
            number = grid.number_of(event.film.run)
            assert number is not None
            sheet.add(number, path)
            sheet.write_if_due()
    sheet.write()
    return grid.count


def one_by_one(engine: Engine, request: GenerationRequest, place: Path) -> int:
    """Makes the same pictures in the same order by requests of their own."""
    grid, films = plan(request, AXES), place / "films"
    recorder = FilmRecorder(lambda: films)
    for number in grid.order:
        operation = Generate(grid.request_of(number), PreviewMode.linear)
        for event in recorder.record(engine.run(operation)):
            if isinstance(event, ImageReady):
                path = save_in(event.image, place)
                recorder.put_beside(event.film.run, path)
    return grid.count


def processor_seconds() -> float:
    times = os.times()
    return times.user + times.system


if __name__ == "__main__":
    sys.exit(main())
