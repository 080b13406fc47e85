"""Models of the user's own: a file or a folder is checked, used where it lies, and chosen."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Signal, Slot
from PySide6.QtGui import QAction, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from app.messages.imports import added, refused
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.file_dialogs import ask_file, ask_folder
from app.widgets.message_bar import MessageArea
from core.errors import EmulsionError
from core.files.safetensors_header import PICKLED_SUFFIXES
from core.models.catalogue import Catalogue, Model, hashed_file
from core.models.folders import SUFFIX
from core.models.importing import Found, find_models

SUBJECT = "model-import"
LASTING_MS = 12_000


class ModelImport(QObject):
    """Takes what is dropped on the window or chosen in a dialog; reads it in the background.

    Signals:
        models_changed: the places where models lie have changed.
    """

    models_changed = Signal()

    def __init__(
        self,
        catalogue: Catalogue,
        settings_store: SettingsStore,
        session: Session,
        area: MessageArea,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._catalogue = catalogue
        self._settings_store = settings_store
        self._session = session
        self._areas = [area]
        self._window = window
        self._checks = session.background.queue(self, "model import")
        self._hashes = session.background.queue(self, "hashes")
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def follow(self, add_file: QAction, add_folder: QAction) -> None:
        """Connects the menu's actions."""
        add_file.triggered.connect(self.ask_file)
        add_folder.triggered.connect(self.ask_folder)

    @Slot()
    def ask_file(self) -> None:
        ask_file(self._window, "Add a model file", self.add, ["Models (*.safetensors)", "All files (*)"])

    @Slot()
    def ask_folder(self) -> None:
        """A diffusers folder, or the model folder of another program."""
        ask_folder(self._window, "Add a folder with models", self.add)

    def tell_in(self, area: MessageArea) -> None:
        """Another place of the window, for what is told while the user looks at it."""
        self._areas.append(area)

    @property
    def _area(self) -> MessageArea:
        for area in self._areas:
            place = area.parentWidget()
            if place is not None and place.isVisible():
                return area
        return self._areas[0]

    def add(self, path: Path) -> None:
        """Checks the place and keeps it; what comes of it is told above the canvas."""
        place = path.absolute()
        self._checks.submit(
            partial(find_models, self._catalogue, place), partial(self._on_checked, place), self._refuse
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDropEvent):  # entering and moving are kinds of it
            path = model_in(event.mimeData())
            if path is not None:
                event.acceptProposedAction()
                if not isinstance(event, QDragMoveEvent):
                    self.add(path)
                return True
        return super().eventFilter(watched, event)

    def _on_checked(self, place: Path, found: Found) -> None:
        models = found.models
        places = self._settings_store.settings.model_folders
        if not any(place == known or known in place.parents for known in places):
            self._settings_store.change(model_folders=(*places, place))
        self.models_changed.emit()
        paths = {model.place for model in models}
        chosen = next((model for model in self._session.models if model.place in paths), models[0])
        self._session.edit(model=chosen.key)
        self._area.show_message(SUBJECT, added(models), "info", lasting_ms=LASTING_MS)
        if len(models) == 1:
            # the hash is there when the first picture wants it
            self._hashes.follow(partial(_hashing, self._catalogue, models[0]))

    def _refuse(self, error: EmulsionError) -> None:
        self._area.show_message(SUBJECT, refused(error), "error")


def _hashing(catalogue: Catalogue, model: Model) -> Generator[int]:
    """Reads a model's hash into the catalogue's memory, step by step. Raises ModelBroken."""
    yield from catalogue.memory.hashing(hashed_file(model))


def model_in(data: QMimeData) -> Path | None:
    """The first file that may be meant as a model among what is dropped, or the first folder."""
    for url in data.urls():
        path = Path(url.toLocalFile())
        if url.isLocalFile() and (path.suffix.lower() in {SUFFIX, *PICKLED_SUFFIXES} or path.is_dir()):
            return path
    return None
