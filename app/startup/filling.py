"""Fills the window that stands: settings, catalogue, engine, session, and all that is seen."""

from pathlib import Path

from PySide6.QtWidgets import QApplication

from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.session.told_models import ModelsEverywhere
from app.startup.engine_factory import EngineFactory
from app.startup.garbage_collector import GarbageCollector
from app.startup.logs import LOG_NAME
from app.widgets.theme import Appearance
from app.window.main_window import MainWindow
from app.window.services import Services
from core.film.film import Film
from core.models.catalogue import users_catalogue
from core.paths import Folders
from core.pictures.picture import GeneratedImage
from core.pictures.saving import save, save_in
from core.runs.recorder import FilmRecorder


def fill(window: MainWindow, application: QApplication, appearance: Appearance, folders: Folders) -> None:
    """Puts everything into the window, and starts the threads behind it."""
    settings_store = SettingsStore(folders)
    catalogue = users_catalogue(folders, lambda: settings_store.settings)
    collector = GarbageCollector(window)
    make_engine = EngineFactory(catalogue, settings_store, collector.collect)

    def save_picture(image: GeneratedImage, _film: Film | None, folder: Path | None) -> Path:
        settings = settings_store.settings
        if folder is None:
            return save(image, settings.pictures, rules=settings.saving)
        return save_in(image, folder, rules=settings.saving)

    session = Session(
        ModelsEverywhere(catalogue, settings_store.told_models),
        make_engine,
        save_picture,
        settings_store,
        FilmRecorder(settings_store.films_folder),
        folders.logs / LOG_NAME,
        lambda: catalogue.loras,
        lambda: catalogue.embeddings,
        lambda: catalogue.wildcards,
        lambda: settings_store.settings.places,
    )
    make_engine.made.connect(session.device.on_made)
    make_engine.models_told.connect(session.draft_editor.refresh_models)
    application.applicationStateChanged.connect(session.draft_editor.refresh_when_active)
    application.applicationStateChanged.connect(session.loras.refresh_when_active)
    application.applicationStateChanged.connect(session.wildcards.refresh_when_active)
    session.background.closing_begun.connect(collector.close)
    window.fill(Services.over(session, settings_store, appearance, catalogue))
