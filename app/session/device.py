"""The device that the engine computes on, and a sentence about it."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from core.language.words import tr
from core.models.memory_plan import DeviceMemory
from core.settings.engine_place import EnginePlace

_KINDS = {
    "cuda": tr("the GPU"),
    "mps": tr("the Apple GPU"),
    "xpu": tr("the Intel GPU"),
    "cpu": tr("the processor"),
}

NO_DEVICE = tr("Not checked yet: Emulsion looks for a device once its window is open.")


@dataclass(frozen=True, slots=True)
class ChosenDevice:
    """The device that the engine computes on.

    Attributes:
        kind: ``cuda``, ``mps``, ``xpu`` or ``cpu``.
        plan: the whole choice in lines of text, with its reasons.
        memory: what it had when it was chosen; None where it was not asked.
        gpus: each graphics processor that was found, such as ``cuda:1``, and its name.
        machine: processor, memory, graphics cards and drivers, a line each, see `core.engine.devices.machine`.
    """

    kind: str
    name: str
    dtype: str
    plan: str
    memory: DeviceMemory | None = None
    machine: tuple[str, ...] = ()
    gpus: tuple[tuple[str, str], ...] = ()


class Device(QObject):
    """Holds the device in use; nothing is known before the engine has chosen one.

    Attributes:
        chosen: in the place that the window follows, None before.
        at: the devices that were chosen in all places so far.
        held: bytes of the GPU's memory that the program held after the last run; None for the processor.

    Signals:
        changed: ``chosen`` is known now, or another one.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None, first: Callable[[], EnginePlace] = EnginePlace) -> None:
        """``first`` returns the place that the window follows."""
        super().__init__(parent)
        self._first = first
        self.at: dict[EnginePlace, ChosenDevice] = {}
        self.chosen: ChosenDevice | None = None
        self.held: int | None = None

    @Slot(object, object)
    def on_made(self, place: EnginePlace, device: ChosenDevice) -> None:
        """An engine has been made in a place."""
        self.at[place] = device
        if place == self._first():
            self.choose(device)
        else:
            self.changed.emit()

    def choose(self, device: ChosenDevice) -> None:
        self.chosen, self.held = device, None
        self.changed.emit()


def device_sentence(device: ChosenDevice) -> str:
    """Such as "Emulsion computes on the processor (AMD Ryzen 7) in float32: no graphics processor was found …"."""
    kind = _KINDS.get(device.kind, device.kind.upper())
    name = f" ({device.name})" if device.name and device.kind != "mps" else ""
    sentence = tr("Running on {kind}{name} in {dtype}", kind=kind, name=name, dtype=device.dtype)
    if device.kind == "cpu" and "device: as asked" not in device.plan:
        return tr("{sentence}: no supported GPU found.", sentence=sentence)
    return (
        tr("{sentence}, as you have chosen.", sentence=sentence)
        if "device: as asked" in device.plan
        else f"{sentence}."
    )
