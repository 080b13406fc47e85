"""Makes engines for other programs: with all that these say, or with what the user here has."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace

from app.startup.engine_imports import engine_imports
from core.checkpoints.cache import FILE_NAME, CheckpointCache
from core.models.catalogue import Catalogue
from core.models.elsewhere import AskedPlaces, Weights, described
from core.models.folders import Places
from core.models.told_folders import with_told
from core.paths import Folders
from core.prompt.encodings import users_encodings
from core.remote.messages import MakeEngine, Ready
from core.runs.operations import Engine
from core.settings.settings import load_settings


def make_engine(
    how: MakeEngine, places: Callable[[], Places], weights: Callable[[], Mapping[str, Weights]] = dict
) -> tuple[Engine, Ready]:
    """Makes an engine as another program wants it, for models of these ``weights``.

    Raises DeviceMissing or CompilerMissing.
    """
    with engine_imports():
        from core.engine.devices.device import memory_now, share_threads
        from core.engine.devices.machine import machine
        from core.engine.engine import Engine as RealEngine

    memory = CheckpointCache(how.cache / FILE_NAME) if how.cache is not None else None
    engine = RealEngine(
        Catalogue(lambda: with_told(places()), memory, sources=how.sources, weights=weights),
        how.device,
        how.dtype,
        how.memory,
        how.tiled_decode,
        acceleration=how.acceleration,
        encodings=users_encodings(how.cache, keeps=how.keeps_encodings),
    )
    share_threads(0, how.shares)
    plan = engine.plan
    words = (plan.device.type, plan.name, plan.dtype_name, plan.describe())
    return engine, Ready(*words, memory_now(plan), machine(), plan.gpus, os.getpid())


def make_users_engine(how: MakeEngine, places: Callable[[], Places]) -> tuple[Engine, Ready]:
    """Makes an engine for another computer: models and folders are those of the user here."""
    folders = Folders.default()
    settings = load_settings(folders)
    here = replace(how, cache=folders.cache, sources=folders.sources, keeps_encodings=settings.keeps_encodings)
    engine, ready = make_engine(here, lambda: settings, lambda: _asked(places()))
    catalogue = Catalogue(lambda: with_told(settings), CheckpointCache(folders.cache / FILE_NAME))
    models = (replace(one, sha256=catalogue.sha256_if_known(one)) for one in catalogue.models())
    return engine, replace(ready, models=tuple(map(described, models)))


def _asked(places: Places) -> Mapping[str, Weights]:
    return places.model_weights if isinstance(places, AskedPlaces) else {}
