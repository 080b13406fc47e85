"""Engines in processes of their own, as the window starts them, but with nothing of the user's."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from core.models.folders import FixedPlaces
from core.remote.child import Child
from core.remote.client import RemoteEngine
from core.remote.messages import MakeEngine

ROOT = Path(__file__).parents[3]
REAL = (sys.executable, "-m", "app", "engine", "--stdio")
FAKE = (sys.executable, "-m", "tests.core.remote.fake_process")


def environment(home: Path) -> dict[str, str]:
    """Returns the variables of a process that keeps its files in ``home``."""
    folders = dict.fromkeys(("HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"), str(home))
    return os.environ | folders | {"PYTHONPATH": str(ROOT)}


class Processes:
    """Starts a process for an engine, and another one after its end.

    Attributes:
        started: all so far.
    """

    def __init__(self, home: Path, command: tuple[str, ...]) -> None:
        self._home, self._command = home, command
        self.started: list[Child] = []

    def connect(self) -> Child:
        self.started.append(Child(self._command, environment(self._home), ROOT))
        return self.started[-1]

    @property
    def newest(self) -> int:
        """Returns the number of the process that was started last."""
        return self.started[-1].number

    def engine(self, *models: Path, device: str = "cpu", stops_within_s: float = 5.0) -> RemoteEngine:
        how = MakeEngine(device, "float32")
        return RemoteEngine(self.connect, how, lambda: FixedPlaces(models), stops_within_s)
