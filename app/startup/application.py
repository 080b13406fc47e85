"""Where the desktop program is put together: settings, folders, catalogue, engine, studio, window."""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app.models.discovery import ModelLook
from app.models.importing import ModelImport
from app.models.lora_import import LoraImport
from app.session.autoencoder_selection import AutoencoderDesk
from app.session.session import Studio
from app.session.settings_store import SettingsKeeper
from app.startup.bundle_environment import restore_environment
from app.startup.engine_factory import EngineMaker
from app.startup.file_open_events import OpenRequests
from app.startup.garbage_collection import kept_for_good
from app.startup.instance_server import Doorbell
from app.startup.logs import LOG_NAME
from app.startup.single_instance import Claim
from app.widgets.icons import app_icon
from app.widgets.theme import Appearance
from app.window.main_window import MainWindow
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


def run(claimed: Claim, last_crash: Path | None = None, picture: Path | None = None) -> int:
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
    doorbell = Doorbell(claimed.address, application) if claimed.lock is not None else None
    with kept_for_good():
        window = make_window(application, Folders.default())
    if last_crash is not None:
        window.help_desk.offer_crash(last_crash)
    window.welcome.greet()
    requests = OpenRequests(window)
    requests.picture_asked.connect(window.show_picture)
    application.installEventFilter(requests)
    if picture is not None:
        window.show_picture(picture)
    if doorbell is not None:
        doorbell.answer_for(window)
        doorbell.picture_asked.connect(window.show_picture)
    code = show_until_closed(application, window)
    if doorbell is not None:
        doorbell.close()
    if claimed.lock is not None:
        claimed.lock.unlock()
    if not window.ended_in_time:
        log.warning("the worker did not end in time; leaving without it")
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
    """The window with everything behind it, not yet shown."""
    keeper = SettingsKeeper(folders)
    settings = keeper.settings
    appearance = Appearance(application, settings.theme)
    catalogue = users_catalogue(folders, settings.model_folders, settings.lora_places, settings.autoencoder_places)
    make_engine = EngineMaker(catalogue, keeper)

    def save_picture(image: GeneratedImage, _film: Film, folder: Path | None) -> Path:
        return save(image, keeper.settings.pictures) if folder is None else save_in(image, folder)

    recorder = FilmRecorder(keeper.films_folder)
    look = ModelLook(catalogue)
    studio = Studio(look, make_engine, save_picture, keeper, recorder, folders.logs / LOG_NAME)
    window = MainWindow(studio, keeper, appearance)
    make_engine.made.connect(window.readout.show_device)

    def look_for_models() -> None:
        catalogue.look_in(keeper.settings.model_folders)
        studio.refresh_models()
        studio.loras.refresh()

    look.learned.connect(studio.refresh_models, Qt.ConnectionType.QueuedConnection)
    studio.refresh_models()  # the look that the studio began with may have ended before somebody listened
    application.aboutToQuit.connect(look.finish)
    window.preferences.models_changed.connect(look_for_models)
    importer = ModelImport(catalogue, keeper, studio, window.create_place.messages, window)
    autoencoders = AutoencoderDesk(catalogue, keeper, studio, window)
    window.create_place.left.autoencoder.follow(autoencoders)
    window.create_place.left.previews.follow(autoencoders)
    importer.tell_in(window.models_page.messages)
    window.models_page.file_asked.connect(importer.ask_file)
    importer.models_changed.connect(look_for_models)
    application.aboutToQuit.connect(importer.finish)
    window.take_import(importer)
    loras = LoraImport(catalogue, keeper, studio, window.create_place.messages, window, importer.add)
    loras.told.connect(lambda: window.places.show_place(window.create_place))
    window.create_place.left.loras.file_wanted.connect(loras.ask_files)
    studio.loras.look_on(lambda: catalogue.loras)
    application.applicationStateChanged.connect(studio.loras.refresh_when_active)
    return window
