"""Plays a film: asks for the next call when it is due, and starts again at the end when it loops."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QSlider

SLOWEST, FASTEST, DEFAULT_RATE = 5, 30, 12
"""Steps per second."""


class Player(QObject):
    """Reads the shown call and the last one from a slider; the panel shows the call that it requests.

    Attributes:
        pace: how long each call is shown, in multiples of the mean (`core.measures.pacing`); the others count 1.

    Signals:
        advanced(int): show this call now.
        playing_changed(bool)
    """

    advanced = Signal(int)
    playing_changed = Signal(bool)

    def __init__(self, slider: QSlider) -> None:
        super().__init__(slider)
        self._slider = slider
        self._is_looping = False
        self._step_ms = 0
        self.pace: Sequence[float] = ()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._advance)
        self.set_rate(DEFAULT_RATE)

    @property
    def is_playing(self) -> bool:
        return self._timer.isActive()

    @Slot(int)
    def set_rate(self, steps_per_second: int) -> None:
        self._step_ms = round(1000 / steps_per_second)
        self._wait_for(self._slider.value())

    @Slot(bool)
    def set_looping(self, is_looping: bool) -> None:
        self._is_looping = is_looping

    def play(self) -> None:
        """Plays from the shown call, or from the first one if the last is shown."""
        if self._slider.isEnabled() and not self.is_playing:
            if self._slider.value() == self._slider.maximum():
                self.advanced.emit(0)
            self._timer.start()
            self.playing_changed.emit(self.is_playing)
            self._wait_for(self._slider.value())

    @Slot()
    def pause(self) -> None:
        if self.is_playing:
            self._timer.stop()
            self.playing_changed.emit(self.is_playing)

    @Slot()
    def toggle(self) -> None:
        if self.is_playing:
            self.pause()
        else:
            self.play()

    @Slot()
    def _advance(self) -> None:
        call = self._slider.value() + 1
        if call > self._slider.maximum() and not self._is_looping:
            self.pause()
            return
        call = 0 if call > self._slider.maximum() else call
        self.advanced.emit(call)
        self._wait_for(call)

    def _wait_for(self, call: int) -> None:
        pace = self.pace[call] if call < len(self.pace) else 1.0
        self._timer.setInterval(round(self._step_ms * pace))
