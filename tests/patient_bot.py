"""pytest-qt's driver of windows, with the patience that a slow machine needs."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from pytestqt.wait_signal import MultiSignalBlocker, SignalBlocker

from tests.patience import LONGEST_MS


class PatientBot(QtBot):
    """Gives up later than pytest-qt, whose five seconds pass within one step of a busy machine."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = LONGEST_MS) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: SignalInstance, *, timeout: int = LONGEST_MS, **options: Any) -> SignalBlocker:
        return super().waitSignal(signal, timeout=timeout, **options)

    def waitSignals(
        self, signals: list[SignalInstance], *, timeout: int = LONGEST_MS, **options: Any
    ) -> MultiSignalBlocker:
        return super().waitSignals(signals, timeout=timeout, **options)

    def waitExposed(self, widget: QWidget, *, timeout: int = LONGEST_MS) -> Any:
        return super().waitExposed(widget, timeout=timeout)
