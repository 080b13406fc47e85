"""Makes engines on the nodes of a cluster, for the programs that use the cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from app.cli.engine_makers import make_engine
from core.cluster.cluster_engine import ClusterEngine
from core.cluster.ray_cluster import RayCluster
from core.errors import EmulsionError
from core.models.folders import FixedPlaces, Places
from core.models.memory_plan import DeviceMemory
from core.paths import Folders
from core.remote.messages import MakeEngine, Ready
from core.runs.operations import Engine
from core.settings.settings import load_settings

NAME = "emulsion-window-{number}"
"""Of the actor with one engine of a window, as Ray's dashboard shows it."""


def make_cluster_engine(address: str, how: MakeEngine, places: Callable[[], Places]) -> tuple[Engine, Ready]:
    """Connects to a cluster, of which one engine does all; ``how.device`` is its number.

    Without a number, all nodes are asked for their versions first. Raises ClusterUnusable.
    """
    cluster = RayCluster(address, replace(how, device=None), places, make_node_engine)
    try:
        if how.device is None:
            cluster.check_nodes()
    except EmulsionError:
        cluster.close()
        raise
    kind = "cuda" if cluster.has_gpus else "cpu"
    ready = Ready(kind, "", "", "", DeviceMemory(kind, 0, 0), process=os.getpid(), cluster=cluster.found)
    return ClusterEngine(cluster, NAME.format(number=how.device or 1)), ready


def make_node_engine(how: MakeEngine, places: Callable[[], Places]) -> tuple[Engine, Ready]:
    """Makes an engine with this computer's own folders for what it keeps.

    Models lie in the folders that the other program names, or in those of the settings here.
    """
    folders = Folders.default()
    settings = load_settings(folders)
    return make_engine(
        replace(how, cache=folders.cache, sources=folders.sources), lambda: _joined(places(), settings)
    )


def _joined(first: Places, second: Places) -> FixedPlaces:
    return FixedPlaces(**{field.name: _both(first, second, field.name) for field in fields(FixedPlaces)})


def _both(first: Places, second: Places, name: str) -> Any:
    one, other = getattr(first, name), getattr(second, name)
    return {**other, **one} if isinstance(one, Mapping) else tuple(dict.fromkeys((*one, *other)))
