"""The gallery's window over very many pictures: how soon it shows them, and how smoothly it moves.

``python -m tests.benchmarks.gallery_window FOLDER`` makes a library there unless there is one (few pictures under
many names), reads it, and prints figures. ``QT_QPA_PLATFORM=offscreen`` measures without a display.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import psutil
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.gallery.page import GalleryPage
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.startup.application import SWITCH_INTERVAL_S
from app.startup.garbage_collection import kept_for_good
from app.widgets.theme import LIGHT, Appearance
from core.film.film import Film
from core.paths import Folders
from core.pictures.picture import GeneratedImage
from core.pictures.saving import save_as
from tests.benchmarks.event_loop import EventLoop
from tests.fakes import FakeDrafts, FakeEngine, FakeModels
from tests.pictures import generated_image

TICK_MS = 5
DIFFERENT = 400
DAY_S = 86_400
WORDS = ("red house", "blue sailboat", "lighthouse", "balloon", "city", "forest", "harbour", "mountain")
TYPED = "lighthouse"


def main() -> int:
    """Prints one line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.gallery_window", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the library lies; it stays for the next time")
    parser.add_argument("--pictures", type=int, default=100_000, help="how many (default: 100000)")
    arguments = parser.parse_args()
    make_library(arguments.folder / "pictures", arguments.pictures)
    for name, value in measure(arguments.folder, arguments.pictures).items():
        print(f"{name:<58}{value:>10.1f}")
    return 0


def make_library(pictures: Path, count: int) -> None:
    """Day folders of 500 pictures each; most are the same files under other names."""
    for number in range(count):
        folder = pictures / f"2026-{number // 500:05}"
        path = folder / f"{number:06}.png"
        if path.exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        if number < DIFFERENT:
            image = generated_image(f"a {WORDS[number % len(WORDS)]} number {number}", seed=number)
            colour = np.random.default_rng(number).integers(0, 256, 3)
            pixels = (image.pixels // 4 + colour // 2).astype(np.uint8).repeat(8, 0).repeat(8, 1)
            moment = datetime.fromtimestamp(1_795_000_000 - number * DAY_S // 4).astimezone()
            save_as(replace(image, pixels=pixels), path, moment)
        else:
            first = number % DIFFERENT
            path.hardlink_to(pictures / f"2026-{first // 500:05}" / f"{first:06}.png")


def measure(folder: Path, count: int) -> dict[str, float]:
    """In the window's thread."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    application = QApplication(sys.argv[:1])
    Appearance(application)
    folders = Folders(*(folder / name for name in Folders.__dataclass_fields__))
    figures: dict[str, float] = {}
    loop = EventLoop(TICK_MS)

    def until(condition: Callable[[], bool]) -> float:
        began = time.perf_counter()
        while not condition():
            application.processEvents()
            time.sleep(0.001)
        return (time.perf_counter() - began) * 1000

    for turn in ("first", "warm"):
        session = Session(FakeModels(), lambda _place: FakeEngine(), _save_nothing, FakeDrafts())
        with kept_for_good():
            page = GalleryPage(session, SettingsStore(folders), LIGHT)
        page.resize(1360, 860)
        page.show()
        pictures = page.pictures

        def has_screen(page: GalleryPage = page) -> bool:
            return page.pictures.rowCount() > 0 and page.pictures.thumbnail(0) is not None

        figures[f"{turn} start to first thumbnail (ms)"] = until(has_screen)
        if turn == "first":
            gaps = loop.run_for(5)
            figures |= gaps.figures("while reading")
            figures["reading all (s)"] = until(lambda page=page: page.view.scan_event is None) / 1000
        else:
            until(lambda count=count, pictures=pictures: pictures.rowCount() == count)
            figures |= scrolled(page, loop, "scrolling while folders are compared")
            until(lambda page=page: page.view.scan_event is None)
            figures |= scrolled(page, loop, "scrolling from end to end")
            figures |= typed(page, until)
        figures["memory (MB)"] = psutil.Process(os.getpid()).memory_info().rss / 2**20
        session.shutdown()
        page.close()
    return figures


def _save_nothing(_image: GeneratedImage, _film: Film | None, folder: Path | None) -> Path:
    return folder or Path()


def scrolled(page: GalleryPage, loop: EventLoop, when: str) -> dict[str, float]:
    """From end to end in steps, while everything in sight is loaded."""
    bar = page.grid.verticalScrollBar()
    scroller = QTimer(interval=16)
    steps = iter(range(0, bar.maximum(), max(bar.maximum() // 400, 1)))
    scroller.timeout.connect(lambda: bar.setValue(next(steps, bar.maximum())))
    scroller.start()
    gaps = loop.run_for(8)
    scroller.stop()
    return gaps.figures(when)


class Answers:
    """Waits for one."""

    def __init__(self, page: GalleryPage) -> None:
        self._count = 0
        page.view.shown.connect(self._take)

    def has_come(self) -> bool:
        return self._count > 0

    def _take(self) -> None:
        self._count += 1


def typed(page: GalleryPage, until: Callable[[Callable[[], bool]], float]) -> dict[str, float]:
    """Each key, from the query to the answer."""
    times: list[float] = []
    for length in range(1, len(TYPED) + 1):
        query = replace(page.filters.query, text=TYPED[:length])
        answers = Answers(page)
        page.view.ask(query)
        times.append(until(answers.has_come))
    return {"a key in the search, median (ms)": sorted(times)[len(times) // 2], "a key, worst (ms)": max(times)}


if __name__ == "__main__":
    sys.exit(main())
