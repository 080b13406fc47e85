"""Measures the start of the window from outside, as a window manager sees it.

``python -m tests.benchmarks.window_start [PROGRAM ...]`` starts programs in turns and prints medians: checkouts of
Emulsion (this one by default), or executables of frozen ones. Each program has folders of its own, and its first
start does not count. Needs Xvfb, openbox and xprop; nothing else is shown on the display.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np
import psutil
from PIL import ImageGrab

CLIENTS = "_NET_CLIENT_LIST"
"""The property of the root window in which a window manager lists the windows that it has mapped."""

LONGEST_S = 60.0
LOOK_S = 0.05
QUIET_S = 8.0
CHANGED = 0.01
"""The part of the screen that must change to count: a caret that blinks does not."""


def main() -> int:
    """Prints one line for each figure of each program."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.window_start", description=__doc__)
    parser.add_argument("programs", nargs="*", type=Path, default=[Path.cwd()])
    parser.add_argument("--starts", type=int, default=5, help="of each program (default: 5)")
    arguments = parser.parse_args()
    told: dict[Path, list[dict[str, float]]] = {program.absolute(): [] for program in arguments.programs}
    with display() as name, tempfile.TemporaryDirectory() as homes:
        for turn in range(arguments.starts + 1):
            for number, (program, figures) in enumerate(told.items()):
                one = start(program, name, Path(homes, str(number)))
                figures += [one] if turn else []
    first = next(iter(told.values()))
    for figure in first[0]:
        for program, figures in told.items():
            values = sorted(one[figure] for one in figures)
            ratio = median(values) / median(one[figure] for one in first)
            spread = f"({values[0]:.2f} to {values[-1]:.2f})"
            print(f"{figure:<46}{median(values):>8.2f} {spread:>18}  {ratio:>5.2f}  {program}")
    return 0


@contextmanager
def display() -> Generator[str]:
    """Yields the name of a display with a window manager."""
    read, write = os.pipe()
    screen = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24"]
    server = subprocess.Popen(screen, pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as told:
        name = f":{told.readline().strip()}"
    manager = subprocess.Popen(
        ["openbox"], env=os.environ | {"DISPLAY": name}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(1)
    yield name
    for process in (manager, server):
        process.terminate()
        process.wait()


def start(program: Path, name: str, home: Path) -> dict[str, float]:
    """Starts a program once and ends it as the system does."""
    command = [str(program)] if program.is_file() else [sys.executable, "-m", "app"]
    home.mkdir(exist_ok=True)
    places = {f"XDG_{place}_HOME": f"{home}/{place}" for place in ("DATA", "CONFIG", "CACHE", "STATE")}
    environment = os.environ | {"HOME": str(home), "DISPLAY": name, **places, "PYTHONPATH": str(program)}
    for other in ("QT_QPA_PLATFORM", "PYTHONDONTWRITEBYTECODE"):  # the start that does not count compiles
        environment.pop(other, None)
    spy = subprocess.Popen(["xprop", "-root", "-spy", CLIENTS], env=environment, stdout=subprocess.PIPE, text=True)
    assert spy.stdout is not None
    spy.stdout.readline()
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=program if program.is_dir() else None,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while "0x" not in (line := spy.stdout.readline()):
        if not line:
            raise RuntimeError("xprop has ended")
    mapped, used = time.perf_counter() - began, psutil.Process(process.pid).cpu_times()
    complete = last_change(name) - began
    spy.terminate()
    spy.wait()
    process.send_signal(signal.SIGTERM)
    process.wait(LONGEST_S)
    return {
        "process start to mapped window (s)": mapped,
        "processor time until then (s)": used.user + used.system,
        "process start to the last change of it (s)": complete,
    }


def last_change(name: str) -> float:
    """Returns when the screen has changed for the last time, once it rests."""
    before = np.zeros(0)
    changed = time.perf_counter()
    while time.perf_counter() - changed < QUIET_S:
        looked = time.perf_counter()
        now = np.asarray(ImageGrab.grab(xdisplay=name))
        if before.shape != now.shape or (before != now).any(-1).mean() > CHANGED:
            changed = looked
        before = now
        time.sleep(LOOK_S)
    return changed


if __name__ == "__main__":
    sys.exit(main())
