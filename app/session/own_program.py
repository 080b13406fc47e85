"""This program once more, as a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import app

if TYPE_CHECKING:  # imports what starts processes
    from core.models.folders import Places
    from core.remote.far_engine import FarEngine
    from core.remote.messages import MakeEngine
    from core.settings.computers import Computer

FOLDER = Path(app.__file__).parent.parent
"""Such a process works here, where a checkout can be imported."""


def own_command(*arguments: str) -> tuple[str, ...]:
    """Returns the command that starts this program with arguments, also from a checkout or frozen."""
    program = () if getattr(sys, "frozen", False) else ("-m", "app")
    return (sys.executable, *program, *arguments)


def cluster_engine(computer: Computer, how: MakeEngine, places: Callable[[], Places]) -> FarEngine:
    """Makes an engine of a cluster, by a process of its own: Ray is never in this one. Raises ClusterUnusable."""
    from core.remote.child import Child
    from core.remote.far_engine import FarEngine

    command = own_command("engine", "--stdio", "--cluster", computer.cluster)
    return FarEngine(computer.address, lambda: Child(command, folder=FOLDER), how, places)
