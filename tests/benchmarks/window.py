"""Measures the start of the window, and how smoothly it moves while pictures are made.

``python -m tests.benchmarks.window`` starts the real program, with the real engine and the starter model, in a
process of its own and with folders of its own, and prints medians. A timer that should tick every 10 ms in the
thread of the window tells how long that thread was busy with something else.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TICK_MS = 10
IDLE_SECONDS = 3.0
CHILD = "--in-this-process"


def main() -> int:
    """Starts the program as often as asked and prints one line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.window", description=__doc__)
    parser.add_argument("--steps", type=int, default=20, help="steps of each picture (default: 20)")
    parser.add_argument("--starts", type=int, default=3, help="how many times the program is started (default: 3)")
    parser.add_argument(CHILD, dest="folder", help=argparse.SUPPRESS)
    parser.add_argument("--began", type=float, default=0.0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.folder:
        print(json.dumps(measure(Path(arguments.folder), arguments.steps, arguments.began)))
        return 0
    results = [start(arguments.steps) for _ in range(arguments.starts)]
    for name in results[0]:
        values = sorted(result[name] for result in results)
        print(f"{name:<58}{values[len(values) // 2]:>9.1f}   ({values[0]:.1f} to {values[-1]:.1f})")
    return 0


def start(steps: int) -> dict[str, float]:
    """Measures one start of the program."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.benchmarks.window", CHILD, folder, "--steps", str(steps)]
        process = subprocess.run(
            [*command, "--began", str(time.time())],
            check=True,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
    return json.loads(process.stdout.splitlines()[-1])


def measure(folder: Path, steps: int, began: float) -> dict[str, float]:
    """In the program's own process; ``began`` is when that was started, in seconds since the epoch."""
    from app.startup.environment import set_environment

    set_environment(os.environ)
    from PySide6.QtWidgets import QApplication

    from app.startup.application import make_window
    from core.paths import Folders
    from tests.benchmarks.event_loop import EventLoop

    application = QApplication(sys.argv[:1])
    window = make_window(application, Folders(*(folder / name for name in Folders.__dataclass_fields__)))
    window.show()
    loop = EventLoop(TICK_MS)
    loop.run_until_visible(window)
    visible = time.time() - began
    session = window.session
    session.edit(prompt="a red house by the sea at sunset", seed=7, steps=steps)
    idle = loop.run_for(IDLE_SECONDS)
    first = loop.watch_run(session)
    second = loop.watch_run(session)
    window.close()
    return {
        "process start to visible window (ms)": visible * 1000,
        "Generate to first preview, engine not yet imported (ms)": first.first_preview_seconds * 1000,
        "Generate to first preview, second picture (ms)": second.first_preview_seconds * 1000,
        **idle.figures("idle"),
        **first.gaps.figures("first picture, with all imports"),
        **second.gaps.figures("second picture"),
    }


if __name__ == "__main__":
    sys.exit(main())
