"""Makes the engine at the first need, in the worker's thread: importing it takes seconds."""

import gc
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.session.device import ChosenDevice
from app.session.own_program import FOLDER, own_command
from app.session.settings_store import SettingsStore
from app.startup.engine_imports import engine_imports
from core.models.catalogue import Catalogue
from core.prompt.encodings import users_encodings
from core.runs.operations import Engine
from core.settings.settings import Settings


class EngineFactory(QObject):
    """A callable for the session.

    Signals:
        made: the `ChosenDevice`; emitted in the worker's thread.
    """

    made = Signal(object)

    def __init__(
        self, catalogue: Catalogue, settings_store: SettingsStore, collect: Callable[[], object] = gc.collect
    ) -> None:
        """``collect`` frees garbage, see `core.engine.engine.Engine`."""
        super().__init__()
        self._collect = collect
        self._catalogue = catalogue
        self._settings_store = settings_store

    def __call__(self) -> Engine:
        """Raises DeviceMissing or CompilerMissing, and EngineEnded or WireBroken of a process of its own."""
        settings = self._settings_store.settings
        return self._in_own_process(settings) if settings.has_own_process else self._here(settings)

    def _in_own_process(self, settings: Settings) -> Engine:
        from core.remote.child import Child  # not needed by whoever has the engine here
        from core.remote.client import RemoteEngine
        from core.remote.messages import MakeEngine

        how = MakeEngine(
            settings.device,
            settings.dtype,
            settings.memory,
            settings.tiled_decode,
            settings.acceleration,
            self._catalogue.memory.folder,
            self._catalogue.sources,
            settings.keeps_encodings,
        )
        command = own_command("engine", "--stdio")
        engine = RemoteEngine(lambda: Child(command, folder=FOLDER), how, lambda: self._settings_store.settings)
        told = engine.ready
        words = (told.kind, told.name, told.dtype, told.plan)
        self.made.emit(ChosenDevice(*words, told.memory, told.machine, told.gpus))
        return engine

    def _here(self, settings: Settings) -> Engine:
        with engine_imports():
            from core.engine.devices.device import memory_now
            from core.engine.devices.machine import machine
            from core.engine.engine import Engine as RealEngine

        engine = RealEngine(
            self._catalogue,
            settings.device,
            settings.dtype,
            settings.memory,
            settings.tiled_decode,
            self._collect,
            settings.acceleration,
            users_encodings(self._catalogue.memory.folder, keeps=settings.keeps_encodings),
        )
        plan, memory = engine.plan, memory_now(engine.plan)
        words = plan.describe()
        chosen = ChosenDevice(plan.device.type, plan.name, plan.dtype_name, words, memory, machine(), plan.gpus)
        self.made.emit(chosen)
        return engine
