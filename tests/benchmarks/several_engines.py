"""Several engines on the processor of this computer: ``python -m tests.benchmarks.several_engines``.

First the pictures per second of one engine and of two, in turns, which share the threads of the processor. Then
engines are killed at random moments while the window is watched: no picture may be lost or made twice.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication

from app.session.run import RunState, SavedPicture
from app.startup.environment import set_environment
from core.paths import Folders
from core.request.request import GenerationRequest
from core.settings.engine_place import EnginePlace, PlaceKind
from core.settings.settings import Settings, save_settings
from tests.benchmarks.event_loop import EventLoop

if TYPE_CHECKING:
    from app.window.main_window import MainWindow

REQUEST = GenerationRequest("a red house by the sea at sunset", steps=40, seed=7)
TICK_MS = 5
MOST_MS = 50.0
PROCESSOR = EnginePlace(PlaceKind.process, "cpu")


def engines() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


class Side(QObject):
    """A window over so many engines, in processes of their own."""

    def __init__(self, application: QApplication, count: int, folder: Path) -> None:
        from app.startup.application import make_window

        super().__init__()
        folders = Folders(*(folder / field.name for field in fields(Folders)))
        settings = replace(Settings.default(folders), device="cpu", own_processes=("cpu",))
        folders.config.mkdir(parents=True)
        save_settings(replace(settings, more_places=(PROCESSOR,) * (count - 1)), folders)
        self.window: MainWindow = make_window(application, folders)
        self.window.resize(1400, 900)
        self.session = self.window.session
        self.loop = EventLoop(TICK_MS)
        self.saved: list[int | None] = []
        self.session.picture_saved.connect(self._on_saved)
        self.session.state_changed.connect(self._on_state_changed)
        self._is_over = False

    @Slot(object)
    def _on_saved(self, saved: SavedPicture) -> None:
        if saved.image.recipe.stage == "final":  # not what a run that failed near its end leaves
            self.saved.append(saved.image.request.seed)

    @Slot(object)
    def _on_state_changed(self, state: RunState) -> None:
        self._is_over = state is RunState.idle

    def make(self, count: int) -> tuple[float, float]:
        """Returns the seconds that so many pictures took, and those of the processors."""
        self.session.edit(**{field.name: getattr(REQUEST, field.name) for field in fields(REQUEST)})
        self.session.edit(count=count)
        self._is_over = False
        began, worked = time.perf_counter(), self._processors()
        self.session.generate()
        while not self._is_over:
            QApplication.processEvents()
            time.sleep(0.002)
        return time.perf_counter() - began, self._processors() - worked

    def _processors(self) -> float:
        times = [process.cpu_times() for process in (psutil.Process(), *engines())]
        return sum(one.user + one.system for one in times)


def measure_scaling(application: QApplication, pictures: int, rounds: int, folder: Path) -> None:
    sides = {count: Side(application, count, folder / str(count)) for count in (1, 2)}
    rates: dict[int, list[float]] = {count: [] for count in sides}
    for turn in range(rounds + 1):
        for count, side in sides.items():
            wall, worked = side.make(pictures if turn else 2 * count)
            if turn:
                rates[count].append(pictures / wall)
                print(
                    f"  {count} engines: {pictures / wall:.3f} pictures/s, {worked / pictures:.2f} s of work each"
                )
    one, two = (statistics.median(rates[count]) for count in (1, 2))
    print(
        f"1 engine {one:.3f}, 2 engines {two:.3f} pictures/s: ratio {two / one:.2f} on {os.cpu_count()} processors"
    )
    for side in sides.values():
        side.window.close()


def measure_kills(application: QApplication, kills: int, folder: Path) -> bool:
    side = Side(application, 2, folder / "kills")
    side.window.show()
    side.make(2)
    side.session.settle_pictures()
    side.saved.clear()
    idle = max(side.loop.run_for(10.0).seconds) * 1000
    killed, chance = [0], random.Random(7)
    timer = QTimer(singleShot=True)

    def kill() -> None:
        if (living := engines()) and killed[0] < kills:
            chance.choice(living).kill()
            killed[0] += 1
        timer.start(chance.randint(300, 2500))

    timer.timeout.connect(kill)
    timer.start(500)
    session, asked, seconds, works = side.session, 0, [0.0], [0.0]
    while killed[0] < kills or session.queue.entries:
        if killed[0] < kills and not session.queue.runs:
            session.edit(seed=1000 + asked, count=8)
            session.generate()
            asked += 8
        for entry in session.queue.entries:
            if entry.problem:
                session.queue.try_again(entry.id)
        session.queue.go_on()
        gaps = side.loop.run_for(1.0)
        seconds += gaps.seconds
        works += gaps.worked
    timer.stop()
    side.session.settle_pictures()
    QApplication.processEvents()
    made = Counter(side.saved)
    right = set(made) == set(range(1000, 1000 + asked)) and set(made.values()) == {1}
    side.window.close()
    left = engines()
    print(f"{killed[0]} kills, {asked} pictures asked, {len(side.saved)} made, each once: {right}")
    if not right:
        print(f"  made: {sorted(made.items(), key=str)}")
    gap_ms, work_ms = max(seconds) * 1000, max(works) * 1000
    print(f"longest gap of the idle window, which the machine makes: {idle:.0f} ms")
    print(f"processes left: {len(left)}; longest gap {gap_ms:.0f} ms, most work in one {work_ms:.0f} ms")
    return right and not left and work_ms <= MOST_MS


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.several_engines", description=__doc__)
    parser.add_argument("--pictures", type=int, default=12, help="pictures of each turn (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each side (default: %(default)s)")
    parser.add_argument("--kills", type=int, default=20, help="how many engines are killed (default: %(default)s)")
    parser.add_argument("--only", choices=("scaling", "kills"), help="one of both parts (default: both)")
    options = parser.parse_args(arguments)
    set_environment(os.environ)
    from app.startup.application import SWITCH_INTERVAL_S

    application = QApplication(sys.argv[:1])
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    is_right = True
    with tempfile.TemporaryDirectory() as temporary:
        if options.only != "kills":
            measure_scaling(application, options.pictures, options.rounds, Path(temporary))
        if options.only != "scaling":
            is_right = measure_kills(application, options.kills, Path(temporary))
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
