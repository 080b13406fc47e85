"""Tells who works elsewhere that a long run has ended: in the taskbar, and by a notice of the desktop."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from app.session.progress_text import duration
from app.session.run import Ending, RunState
from app.session.runner import Runner
from app.session.session import Session
from app.session.settings_store import SettingsStore
from core.language.words import plural, tr
from core.runs.events import Event, ImageReady

LONG_S = 15.0
SHOWN_MS = 10_000

Notify = Callable[[str, str], None]
"""Shows a title and a sentence on the desktop."""


class RunNotification(QObject):
    """Counts from the first picture to the end of the queue; what the user stopped is no news."""

    def __init__(
        self,
        session: Session,
        settings_store: SettingsStore,
        window: QWidget,
        notify: Notify | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(window)
        self._settings_store = settings_store
        self._window = window
        self._notify = notify or DesktopNotification(window).show
        self._clock = clock
        self._began: float | None = None
        self._finished = 0
        self._ending = Ending.finished
        session.state_changed.connect(self._on_state_changed)
        session.pool.happened.connect(self._count)
        session.run_ended.connect(self._note)

    @Slot(object, object)
    def _count(self, _runner: Runner, event: Event) -> None:
        self._finished += isinstance(event, ImageReady)

    @Slot(object)
    def _note(self, ending: Ending) -> None:
        self._ending = ending

    @Slot(object)
    def _on_state_changed(self, state: RunState) -> None:
        if state is not RunState.idle:
            self._began = self._clock() if self._began is None else self._began
            return
        began, finished = self._began, self._finished
        self._began, self._finished = None, 0
        if began is None or self._ending is Ending.cancelled or self._window.isActiveWindow():
            return
        seconds = self._clock() - began
        if QApplication.activeWindow() is not None or seconds < LONG_S:
            return
        QApplication.alert(self._window)
        if self._settings_store.settings.tell_when_done:
            self._notify(*_text(self._ending, finished, seconds))


class DesktopNotification(QObject):
    """By the tray icon, which is there only as long as the notice; where the desktop has no tray, nothing."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._icon: QSystemTrayIcon | None = None
        self._timer = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self._timer.timeout.connect(self._hide)

    def show(self, title: str, words: str) -> None:
        if not QSystemTrayIcon.isSystemTrayAvailable() or not QSystemTrayIcon.supportsMessages():
            return
        if self._icon is None:
            self._icon = QSystemTrayIcon(QApplication.windowIcon(), self)
            self._icon.messageClicked.connect(self._raise)
            self._icon.activated.connect(self._raise)
        self._icon.show()
        self._icon.showMessage(title, words, QApplication.windowIcon(), SHOWN_MS)
        self._timer.start()

    @Slot()
    def _raise(self) -> None:
        self._window.raise_()
        self._window.activateWindow()
        self._hide()

    @Slot()
    def _hide(self) -> None:
        if self._icon is not None:
            self._icon.hide()


def _text(ending: Ending, finished: int, seconds: float) -> tuple[str, str]:
    """Without the prompt: others may see the desktop."""
    if ending is Ending.failed:
        return tr("The run has failed"), tr("See the window for the reason.")
    pictures = plural("The picture is finished", "{count} pictures are finished", finished)
    return pictures if finished else tr("The run has ended"), tr("It took {duration}.", duration=duration(seconds))
