"""Measures a comparison and the tree of branches: the answer to the scrubber, difference maps, reading recipes.

Run: ``QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.compare``
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QApplication

from app.compare.compare_view import CompareMode, CompareView
from app.compare.difference_map import difference_map_of
from app.create.compared_run import ComparedRun
from app.session.background import BackgroundTasks
from app.widgets.pixels import to_image
from app.widgets.theme import LIGHT
from core.film.alignment import FilmAlignment
from core.pictures.saving import save_in
from core.recipes.recipe import Parent
from core.runs.branch_tree import branch_tree
from core.runs.run_index import RunIndex
from tests import synthetic_film
from tests.pictures import generated_image, with_run

STEPS = 50
BUDGET_MS = 16.0
VIEW_PX = (900, 640)
PICTURES = 1000


def main() -> None:
    """Prints one line for each figure; says which scrub latencies are over the budget."""
    application = QApplication([])
    for mode in CompareMode:
        _scrubbing(application, mode)
    for length in (128, 512, 1024):
        _difference(length)
    _reading()


def _scrubbing(application: QApplication, mode: CompareMode) -> None:
    """From another call to both previews painted, for 1024x1024."""
    films = [synthetic_film.film(STEPS, shape=(4, 128, 128), seed=seed) for seed in (1, 2)]
    runs = [ComparedRun(film) for film in films]
    lock = FilmAlignment(films[0], films[1])
    background = BackgroundTasks()
    view = CompareView(LIGHT, background)
    view.resize(*VIEW_PX)
    view.choose(mode)
    view.show()
    application.processEvents()
    answers_ms: list[float] = []
    began = time.thread_time()
    for call in np.random.default_rng(0).integers(0, STEPS, 100):

        def answer(call: int = int(call)) -> None:
            partner = lock.partner(call)
            assert partner is not None
            places = zip(runs, films, (call, partner), strict=True)
            view.show_pictures([run.picture_at(film, at, is_decoded=False) for run, film, at in places])
            for pane in view.panes:
                pane.repaint()

        answers_ms.append(_timed_ms(answer))
    own_ms = (time.thread_time() - began) * 1000 / len(answers_ms)
    background.close()
    view.close()
    p99 = float(np.quantile(answers_ms, 0.99))
    print(
        f"scrub, {mode.value:12} median {np.median(answers_ms):6.2f} ms, p99 {p99:6.2f} ms; "
        f"of the processor {own_ms:5.2f} ms{'' if p99 <= BUDGET_MS else '  TOO SLOW'}"
    )


def _difference(length: int) -> None:
    """In the background."""
    rng = np.random.default_rng(0)
    pictures = [to_image(rng.integers(0, 256, (length, length, 3), dtype=np.uint8)) for _ in range(2)]
    times = [_timed_ms(lambda: difference_map_of(pictures[0], pictures[1], None)) for _ in range(10)]
    print(f"difference map {length}x{length}: {np.median(times):6.1f} ms")


def _reading() -> None:
    """The recipes of a folder, in the background: all of them, then what has changed, then one tree."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(PICTURES):
            parent = Parent(f"run {number // 10 * 10}", 8, "prompt") if number % 10 else None
            save_in(with_run(generated_image(f"picture {number}"), f"run {number}", parent), folder)
        index = RunIndex()
        first = _timed_ms(lambda: list(index.refresh(folder)))
        again = _timed_ms(lambda: list(index.refresh(folder)))
        tree = _timed_ms(lambda: branch_tree("run 5", index.relatives("run 5")))
    print(f"recipes of {PICTURES} pictures: {first:.0f} ms at first, {again:.0f} ms again, one tree {tree:.1f} ms")


def _timed_ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
