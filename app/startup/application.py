"""Starts the desktop program: shows the window, lets it be filled, and runs it.

Imports little: the window stands before the rest of the program is read, see `make_window`.
"""

import logging
import os
import signal
import sys
import time
from collections.abc import MutableMapping
from importlib import import_module
from pathlib import Path

from PySide6.QtCore import QEvent, QEventLoop, QObject, Signal
from PySide6.QtGui import QFileOpenEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from app.startup.environment import restore_environment
from app.startup.garbage_collection import kept_for_good
from app.startup.logs import note_good_end
from app.startup.qt_language import follow_language
from app.startup.single_instance import InstanceLock
from app.widgets.icons import app_icon
from app.widgets.theme import Appearance
from app.window.main_window import MainWindow
from core.paths import APP_NAME, Folders
from core.settings.look import read_look

log = logging.getLogger(__name__)

SWITCH_INTERVAL_S = 0.0005
"""Qt's calls let other Python threads run, and painting makes hundreds of them. With Python's own 5 ms the gallery
stood still for up to 1.8 s while 100,000 pictures were compared; with this, on the same busy machine, 0.07 s."""


SLICES = (
    "core.runs.events",
    "app.session.session",
    "app.controls.panel",
    "app.create.page",
    "app.window.contents",
)
"""The largest parts of the program, in the order of their imports: the window is painted between them."""

SCALE, SCALES_PERCENT = "QT_SCALE_FACTOR", (50, 300)

UNTOUCHED = QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents
FIRST_PAINT_WITHIN_S = 0.5
"""A window that is minimised, or on another desktop, is not painted at all."""


def run(claimed: InstanceLock, last_crash: Path | None = None, picture: Path | None = None) -> int:
    """Opens the window and returns the exit code when it has been closed. Needs a display.

    ``claimed`` is let go of at the end; ``last_crash`` holds the traces of an earlier run that ended unexpectedly;
    ``picture`` is shown at once.
    """
    QGuiApplication.setDesktopFileName("emulsion")
    folders = Folders.default()
    application = scaled_application(read_look(folders).interface_scale, os.environ)
    restore_environment(os.environ)
    follow_language(application)
    application.setApplicationName(APP_NAME)
    application.setWindowIcon(app_icon())
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    requests = FileOpenEvents(application)
    if sys.platform == "darwin":  # elsewhere nobody asks: a filter in Python of all events costs each of them
        application.installEventFilter(requests)
    with kept_for_good():
        window = make_window(application, folders)
    if last_crash is not None:
        window.contents.crash_report.offer_crash(last_crash)
    window.begin()
    requests.picture_asked.connect(window.contents.show_picture)
    requests.tell()
    if picture is not None:
        window.contents.show_picture(picture)
    if claimed.lock is None:
        code = show_until_closed(application, window)
    else:
        from app.startup.instance_server import InstanceServer  # no network library before the window is there

        instance_server = InstanceServer(claimed.address, window)
        instance_server.picture_asked.connect(window.contents.show_picture)
        code = show_until_closed(application, window)
        instance_server.close()
        claimed.lock.unlock()
    note_good_end(folders.logs)
    if not window.ended_in_time:
        log.warning("not all threads ended in time; leaving without them")
        logging.shutdown()
        os._exit(code)  # Qt would wait for the thread, or crash
    return code


def scaled_application(percent: int, environment: MutableMapping[str, str]) -> QApplication:
    """Makes the application with everything in it larger or smaller, unless the user's environment says how much.

    Qt reads the variable once; the programs that are started later must not find it.
    """
    if percent == 100 or SCALE in environment:
        return QApplication(sys.argv[:1])
    environment[SCALE] = f"{min(max(percent, SCALES_PERCENT[0]), SCALES_PERCENT[-1]) / 100:g}"
    try:
        return QApplication(sys.argv[:1])
    finally:
        del environment[SCALE]


def show_until_closed(application: QApplication, window: MainWindow) -> int:
    """Runs the event loop; the system's signals to end close the window, so that nothing is lost."""
    window.show()
    log.info("the window is open")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, window.close_soon)
    return application.exec()


def make_window(application: QApplication, folders: Folders) -> MainWindow:
    """Shows the window, and returns it when everything is in it, a second later.

    Clicks and keys of that second wait in Qt's queue: they find what they were meant for.
    """
    look = read_look(folders)
    appearance = Appearance(application, look.theme)
    window = MainWindow(look, appearance.colours)
    window.show()
    end = time.monotonic() + FIRST_PAINT_WITHIN_S
    while not window.windowHandle().isExposed() and time.monotonic() < end:
        application.processEvents(UNTOUCHED)
        time.sleep(0.001)
    for module in SLICES:
        import_module(module)
        application.processEvents(UNTOUCHED)
    from app.startup.filling import fill

    fill(window, application, appearance, folders)
    return window


class FileOpenEvents(QObject):
    """Hears of pictures that the system asks a running program to open; macOS has no command line for them.

    To be installed as an event filter of the application. Keeps what comes before `tell`: macOS asks at the start.

    Signals:
        picture_asked: `Path` of the picture.
    """

    picture_asked = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._early: list[Path] | None = []

    def tell(self) -> None:
        """Emits what has been asked for so far, and from now on all at once."""
        early, self._early = self._early or [], None
        for path in early:
            self.picture_asked.emit(path)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            path = Path(event.file())
            if self._early is None:
                self.picture_asked.emit(path)
            else:
                self._early.append(path)
            return True
        return super().eventFilter(watched, event)
