"""A cluster of Ray with three nodes on this computer, each with one core to give."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.core.conftest import models
from tests.patience import LONGEST_S

__all__ = ["models"]

NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "include_dashboard": False}


class ThreeNodes:
    """The cluster; its first node stays.

    Attributes:
        address: of the first node.
    """

    def __init__(self) -> None:
        self._cluster: Any = import_module("ray.cluster_utils").Cluster(initialize_head=True, head_node_args=NODE)
        self._others = [self._cluster.add_node(**NODE) for _ in range(2)]
        self.address: str = self._cluster.address

    def kill_one(self) -> None:
        """Ends a node as a power failure does."""
        self._cluster.remove_node(self._others.pop(0), allow_graceful=False)

    def add_one(self) -> None:
        self._others.append(self._cluster.add_node(**NODE))

    def close(self) -> None:
        self._cluster.shutdown()


def engines() -> list[psutil.Process]:
    """Returns the processes of our actors."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if any("EngineActor" in part for part in process.cmdline()):
                found.append(process)
    return found


@pytest.fixture
def nodes(no_leftover_threads: None) -> Iterator[ThreeNodes]:
    started = ThreeNodes()
    yield started
    started.close()
    _, left = psutil.wait_procs(engines(), LONGEST_S)
    assert not left


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The variables of a command that keeps its files in a folder of the test."""
    folders = dict.fromkeys(("HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"), str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return os.environ | folders | {"PYTHONPATH": str(Path(__file__).parents[2])}
