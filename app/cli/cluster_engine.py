"""Makes an engine on a node of a cluster, for the program that uses the cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from app.cli.commands.engine import make_engine
from core.models.folders import FixedPlaces, Places
from core.paths import Folders
from core.remote.messages import MakeEngine, Ready
from core.runs.operations import Engine
from core.settings.settings import load_settings


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
