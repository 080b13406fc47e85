"""Makes the engine of a place at the first need, in its worker's thread: importing it takes seconds."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.session.device import ChosenDevice
from app.session.own_program import FOLDER, cluster_engine, own_command
from app.session.settings_store import SettingsStore
from app.startup.engine_imports import engine_imports
from core.models.catalogue import Catalogue
from core.prompt.encodings import users_encodings
from core.runs.operations import Engine
from core.settings.computers import Computer
from core.settings.engine_place import EnginePlace, PlaceKind
from core.settings.settings import Settings

if TYPE_CHECKING:
    from core.remote.messages import MakeEngine


class EngineFactory(QObject):
    """A callable for the session.

    Signals:
        made: an `EnginePlace` and the `ChosenDevice` there; emitted in the thread of its worker.
        models_told: another computer has other models than before; likewise.
    """

    made = Signal(object, object)
    models_told = Signal()

    def __init__(
        self, catalogue: Catalogue, settings_store: SettingsStore, collect: Callable[[], object] = gc.collect
    ) -> None:
        """``collect`` frees garbage, see `core.engine.engine.Engine`."""
        super().__init__()
        self._collect = collect
        self._catalogue = catalogue
        self._settings_store = settings_store
        self._kinds: dict[EnginePlace, str] = {}
        self._threads = 0

    def __call__(self, place: EnginePlace) -> Engine:
        """Raises DeviceMissing or CompilerMissing, and of other processes what `RemoteEngine` and ssh raise."""
        settings = self._settings_store.settings
        match place.kind:
            case PlaceKind.here:
                engine, device = self._here(place, settings)
            case PlaceKind.process:
                engine, device = self._in_own_process(place, settings)
            case PlaceKind.ssh:
                engine, device = self._on_computer(place, settings)
            case PlaceKind.cluster:
                engine, device = self._in_cluster(place, settings)
        self._kinds[place] = device.kind
        self.made.emit(place, device)
        return engine

    def _shares(self, place: EnginePlace, settings: Settings) -> int:
        """Returns among how many engines the processor is divided, as far as their devices are known."""
        kinds = [self._kinds.get(one, one.device or "cpu") for one in settings.places if not one.address]
        return max(kinds.count("cpu"), 1) if self._kinds.get(place, place.device or "cpu") == "cpu" else 1

    def _in_own_process(self, place: EnginePlace, settings: Settings) -> tuple[Engine, ChosenDevice]:
        from core.remote.child import Child  # not needed by whoever has the engine here
        from core.remote.client import RemoteEngine

        how = replace(
            _how(place, settings),
            cache=self._catalogue.memory.folder,
            sources=self._catalogue.sources,
            keeps_encodings=settings.keeps_encodings,
            shares=self._shares(place, settings),
        )
        command = own_command("engine", "--stdio")
        engine = RemoteEngine(lambda: Child(command, folder=FOLDER), how, lambda: self._settings_store.settings)
        told = engine.ready
        words = (told.kind, told.name, told.dtype, told.plan)
        return engine, ChosenDevice(*words, told.memory, told.machine, told.gpus)

    def _on_computer(self, place: EnginePlace, settings: Settings) -> tuple[Engine, ChosenDevice]:
        from core.remote.far_engine import SshEngine

        computer = _known(place, settings)
        engine = SshEngine(computer, _how(place, settings), weights=self._catalogue.weights_if_known)
        told = engine.ready
        if self._settings_store.told_models.take(computer.address, told.models):
            self.models_told.emit()
        words = (told.kind, told.name, told.dtype, told.plan)
        return engine, ChosenDevice(*words, told.memory, told.machine, told.gpus)

    def _in_cluster(self, place: EnginePlace, settings: Settings) -> tuple[Engine, ChosenDevice]:
        how = replace(_how(place, settings), keeps_encodings=settings.keeps_encodings)
        engine = cluster_engine(_known(place, settings), how, lambda: self._settings_store.settings)
        told = engine.ready
        return engine, ChosenDevice(told.kind, told.name, told.dtype, told.plan)

    def _here(self, place: EnginePlace, settings: Settings) -> tuple[Engine, ChosenDevice]:
        with engine_imports():
            from core.engine.devices.device import memory_now, share_threads
            from core.engine.devices.machine import machine
            from core.engine.engine import Engine as RealEngine

        engine = RealEngine(
            self._catalogue,
            place.device,
            settings.dtype,
            settings.memory,
            settings.tiled_decode,
            self._collect,
            settings.acceleration,
            users_encodings(self._catalogue.memory.folder, keeps=settings.keeps_encodings),
        )
        self._threads = share_threads(self._threads, self._shares(place, settings))
        plan, memory = engine.plan, memory_now(engine.plan)
        words = plan.describe()
        chosen = ChosenDevice(plan.device.type, plan.name, plan.dtype_name, words, memory, machine(), plan.gpus)
        return engine, chosen


def _how(place: EnginePlace, settings: Settings) -> MakeEngine:
    """Returns what every engine in another process is made with."""
    from core.remote.messages import MakeEngine  # not needed by whoever has the engine here

    return MakeEngine(place.device, settings.dtype, settings.memory, settings.tiled_decode, settings.acceleration)


def _known(place: EnginePlace, settings: Settings) -> Computer:
    """Returns the computer or cluster of a place. Raises ComputerAway for one that the user has not added."""
    from core.remote.away import ComputerAway, Trouble

    known = {computer.address: computer for computer in settings.computers}
    if (computer := known.get(place.address)) is None:  # such as from imported settings
        raise ComputerAway(place.address, Trouble.unknown_host)
    return computer
