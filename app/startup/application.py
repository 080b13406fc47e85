"""Puts the desktop program together: settings, folders, catalogue, engine, session, window."""

import logging
import os
import signal
import sys
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QFileOpenEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.startup.engine_factory import EngineFactory
from app.startup.environment import restore_environment
from app.startup.garbage_collection import kept_for_good
from app.startup.garbage_collector import GarbageCollector
from app.startup.instance_server import InstanceServer
from app.startup.logs import LOG_NAME
from app.startup.single_instance import InstanceLock
from app.widgets.icons import app_icon
from app.widgets.theme import Appearance
from app.window.main_window import MainWindow
from app.window.services import Services
from core.film.film import Film
from core.models.catalogue import users_catalogue
from core.paths import APP_NAME, Folders
from core.pictures.picture import GeneratedImage
from core.pictures.saving import save, save_in
from core.runs.recorder import FilmRecorder

log = logging.getLogger(__name__)

SWITCH_INTERVAL_S = 0.0005
"""Qt's calls let other Python threads run, and painting makes hundreds of them. With Python's own 5 ms the gallery
stood still for up to 1.8 s while 100,000 pictures were compared; with this, on the same busy machine, 0.07 s."""


def run(claimed: InstanceLock, last_crash: Path | None = None, picture: Path | None = None) -> int:
    """Opens the window and returns the exit code when it has been closed. Needs a display.

    ``claimed`` is let go of at the end; ``last_crash`` holds the traces of an earlier run that ended unexpectedly;
    ``picture`` is shown at once.
    """
    QGuiApplication.setDesktopFileName("emulsion")
    application = QApplication(sys.argv[:1])
    restore_environment(os.environ)
    application.setApplicationName(APP_NAME)
    application.setWindowIcon(app_icon())
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    with kept_for_good():
        window = make_window(application, Folders.default())
    if last_crash is not None:
        window.crash_report.offer_crash(last_crash)
    window.welcome.greet()
    requests = FileOpenEvents(window)
    requests.picture_asked.connect(window.show_picture)
    application.installEventFilter(requests)
    if picture is not None:
        window.show_picture(picture)
    if claimed.lock is None:
        code = show_until_closed(application, window)
    else:
        instance_server = InstanceServer(claimed.address, window)
        instance_server.picture_asked.connect(window.show_picture)
        code = show_until_closed(application, window)
        instance_server.close()
        claimed.lock.unlock()
    if not window.ended_in_time:
        log.warning("not all threads ended in time; leaving without them")
        logging.shutdown()
        os._exit(code)  # Qt would wait for the thread, or crash
    return code


def show_until_closed(application: QApplication, window: MainWindow) -> int:
    """Runs the event loop; the system's signals to end close the window, so that nothing is lost."""
    window.show()
    log.info("the window is open")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, window.close_soon)
    return application.exec()


def make_window(application: QApplication, folders: Folders) -> MainWindow:
    """Returns the window with everything behind it, not yet shown."""
    settings_store = SettingsStore(folders)
    appearance = Appearance(application, settings_store.settings.theme)
    catalogue = users_catalogue(folders, lambda: settings_store.settings)
    collector = GarbageCollector()
    make_engine = EngineFactory(catalogue, settings_store, collector.collect)

    def save_picture(image: GeneratedImage, _film: Film, folder: Path | None) -> Path:
        return save(image, settings_store.settings.pictures) if folder is None else save_in(image, folder)

    session = Session(
        catalogue,
        make_engine,
        save_picture,
        settings_store,
        FilmRecorder(settings_store.films_folder),
        folders.logs / LOG_NAME,
        lambda: catalogue.loras,
    )
    make_engine.made.connect(session.device.choose)
    application.applicationStateChanged.connect(session.loras.refresh_when_active)
    session.background.closing_begun.connect(collector.close)
    window = MainWindow(Services.over(session, settings_store, appearance, catalogue))
    collector.setParent(window)
    return window


class FileOpenEvents(QObject):
    """Hears of pictures that the system asks a running program to open; macOS has no command line for them.

    To be installed as an event filter of the application.

    Signals:
        picture_asked: `Path` of the picture.
    """

    picture_asked = Signal(object)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            self.picture_asked.emit(Path(event.file()))
            return True
        return super().eventFilter(watched, event)
