"""Makes the engine at the first need, in the worker's thread: importing it takes seconds."""

import ctypes
import gc
import importlib.util
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.session.device import ChosenDevice
from app.session.settings_store import SettingsStore
from app.startup.garbage_collection import kept_for_good
from core.models.catalogue import Catalogue
from core.runs.operations import Engine

log = logging.getLogger(__name__)


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
        load_torch_library()
        with kept_for_good():
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
        )
        plan, memory = engine.plan, memory_now(engine.plan)
        words = plan.describe()
        chosen = ChosenDevice(plan.device.type, plan.name, plan.dtype_name, words, memory, machine(), plan.gpus)
        self.made.emit(chosen)
        return engine


def load_torch_library() -> None:
    """Loads torch's largest library without Python's lock; on Linux, elsewhere torch loads it itself.

    Python holds the lock while it loads libraries: this one stopped the window for 290 ms, and stops it for 29 ms
    so, on a busy machine. A function that is called through `ctypes` lets other threads run meanwhile.
    """
    package = importlib.util.find_spec("torch") if sys.platform == "linux" else None
    if package is None or package.origin is None:
        return
    library = Path(package.origin).with_name("lib") / "libtorch_cpu.so"
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.argtypes, dlopen.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
    if dlopen(os.fsencode(library), os.RTLD_NOW) is None:
        log.info("torch loads its library itself: %s cannot be loaded", library)
