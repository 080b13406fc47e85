"""Makes the engine at the first need, in the worker's thread: importing it takes seconds."""

import gc
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.session.device import ChosenDevice
from app.session.settings_store import SettingsStore
from app.startup.engine_imports import engine_imports
from core.models.catalogue import Catalogue
from core.prompt.encodings import users_encodings
from core.runs.operations import Engine


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
        """Raises DeviceMissing or CompilerMissing."""
        with engine_imports():
            from core.engine.devices.device import memory_now
            from core.engine.devices.machine import machine
            from core.engine.engine import Engine as RealEngine

        settings = self._settings_store.settings
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
