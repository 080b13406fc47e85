"""Makes the engine at the first need, in the worker's thread: importing it takes seconds."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.device_readout import ChosenDevice
from app.garbage import kept_for_good
from app.run import Engine
from app.settings_keeper import SettingsKeeper
from core.catalogue import Catalogue


class EngineMaker(QObject):
    """A callable for the studio.

    Signals:
        made: the `ChosenDevice`; emitted in the worker's thread.
    """

    made = Signal(object)

    def __init__(self, catalogue: Catalogue, keeper: SettingsKeeper) -> None:
        super().__init__()
        self._catalogue = catalogue
        self._keeper = keeper

    def __call__(self) -> Engine:
        """Raises DeviceMissing."""
        with kept_for_good():
            from core.engine import Engine as RealEngine
            from core.machine import machine

        settings = self._keeper.settings
        engine = RealEngine(
            self._catalogue, settings.device, settings.dtype, settings.memory, settings.tiled_decode
        )
        plan, memory = engine.plan, engine.memory_in_use().device
        words = plan.describe()
        self.made.emit(ChosenDevice(plan.device.type, plan.name, plan.dtype_name, words, memory, machine()))
        return engine
