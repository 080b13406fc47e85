"""Measures how smoothly the window moves while pictures are made, and what it keeps of them.

``python -m tests.benchmarks.window`` starts the real program, with the real engine and the starter model, in a
process of its own, with folders of its own and the packages that users have, and prints medians. A timer that
should tick every 10 ms in the thread of the window tells how long that thread was busy with something else, or had
to wait for a processor.
``--pictures 200 --starts 1`` tells of memory. `tests.benchmarks.window_start` measures the start.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import psutil

from tests.packages_of_users import hide_others, keep_bytecode

TICK_MS = 10
IDLE_SECONDS = 3.0
PAGE_SECONDS = 0.5
FIRST_CLICK_SECONDS = 0.1
"""Nobody sees the window and clicks on Generate in less."""

CHILD = "--in-this-process"


def main() -> int:
    """Starts the program as often as asked and prints one line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.window", description=__doc__)
    parser.add_argument("--steps", type=int, default=20, help="steps of each picture (default: 20)")
    parser.add_argument("--pictures", type=int, default=20, help="of each start, after the first (default: 20)")
    parser.add_argument("--starts", type=int, default=3, help="how many times the program is started (default: 3)")
    parser.add_argument(CHILD, dest="folder", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.pictures < 2:
        parser.error("at least two pictures are needed, one on each page")
    if arguments.folder:
        print(json.dumps(measure(Path(arguments.folder), arguments)))
        return 0
    keep_bytecode()
    results = [start(sys.argv[1:]) for _ in range(arguments.starts)]
    for name in results[0]:
        values = sorted(result[name] for result in results)
        print(f"{name:<58}{values[len(values) // 2]:>9.1f}   ({values[0]:.1f} to {values[-1]:.1f})")
    return 0


def start(options: list[str]) -> dict[str, float]:
    """Measures one start of the program."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.benchmarks.window", *options, CHILD, folder]
        process = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return json.loads(process.stdout.splitlines()[-1])


def measure(folder: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """In the program's own process, with everything on that costs the window time."""
    hide_others()
    from app.startup.environment import set_environment

    set_environment(os.environ)
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from app.film.film_panel import FilmPanel
    from app.startup.application import SWITCH_INTERVAL_S, make_window
    from app.startup.garbage_collection import kept_for_good
    from app.widgets.icons import app_icon
    from core.paths import Folders
    from tests.benchmarks.event_loop import EventLoop, Gaps

    sys.setswitchinterval(SWITCH_INTERVAL_S)
    application = QApplication(sys.argv[:1])
    application.setWindowIcon(app_icon())
    with kept_for_good():
        window = make_window(application, Folders(*(folder / name for name in Folders.__dataclass_fields__)))
    session, contents = window.session, window.contents
    window.begin()
    loop = EventLoop(TICK_MS)
    session.edit(prompt="a red house by the sea at sunset", seed=7, steps=arguments.steps)
    loop.run_for(FIRST_CLICK_SECONDS)
    first = loop.watch_run(session)
    panel = contents.create_page.findChild(FilmPanel)
    assert panel is not None
    panel.open_views(["noisy", "denoised", "guidance", "spectrum"])
    idle = loop.run_for(IDLE_SECONDS)
    in_create, in_gallery, turning = Gaps(), Gaps(), Gaps()
    used: list[float] = []
    for number in range(arguments.pictures):
        page, gaps = (contents.gallery, in_gallery) if number % 2 else (contents.create, in_create)
        QTimer.singleShot(0, partial(contents.places.show_page, page))
        turning.add(loop.run_for(PAGE_SECONDS))
        session.edit(seed=number)
        gaps.add(loop.watch_run(session).gaps)
        used.append(psutil.Process().memory_info().rss / 2**20)
    window.close()
    half = used[len(used) // 2 :]
    return {
        "Generate to first preview, at once after the start (ms)": first.first_preview_seconds * 1000,
        **first.gaps.figures("first picture, with all imports"),
        **idle.figures("idle"),
        **in_create.figures("four views of the film"),
        **in_gallery.figures("gallery open"),
        **turning.figures("another page is opened"),
        "memory after a quarter of the pictures (MiB)": used[len(used) // 4],
        "memory after all (MiB)": used[-1],
        "memory of a picture, second half (MiB)": (half[-1] - half[0]) / max(len(half) - 1, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
