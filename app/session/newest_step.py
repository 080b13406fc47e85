"""Tells of a run's steps as often as a person can see them: fast models make more than a hundred in a second."""

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.runs.events import Stepped

REST_MS = 80


class NewestStep(QObject):
    """Passes steps on, at most one in `REST_MS`: the first at once, then the newest of those that came meanwhile.

    Signals:
        shown: a `Stepped`.
    """

    shown = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting: Stepped | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.show)

    def take(self, stepped: Stepped) -> None:
        self._waiting = stepped
        if not self._rest.isActive():
            self.show()

    @Slot()
    def show(self) -> None:
        """Passes the step on that waits, if there is one: what comes after it must not be shown before it."""
        stepped, self._waiting = self._waiting, None
        if stepped is not None:
            self._rest.start()
            self.shown.emit(stepped)
