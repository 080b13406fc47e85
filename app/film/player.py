"""Plays a film: asks for the next call at a steady rate, and starts again at the end when it loops."""

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QSlider

SLOWEST, FASTEST, DEFAULT_RATE = 5, 30, 12
"""Steps per second."""


class Player(QObject):
    """Reads the shown call and the last one from a slider; the panel shows the call that it requests.

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
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._advance)
        self.set_rate(DEFAULT_RATE)

    @property
    def is_playing(self) -> bool:
        return self._timer.isActive()

    @Slot(int)
    def set_rate(self, steps_per_second: int) -> None:
        self._timer.setInterval(round(1000 / steps_per_second))

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
        if self._slider.value() < self._slider.maximum():
            self.advanced.emit(self._slider.value() + 1)
        elif self._is_looping:
            self.advanced.emit(0)
        else:
            self.pause()
