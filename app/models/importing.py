"""Models of the user's own: a file or a folder is checked, used where it lies, and chosen."""

from __future__ import annotations

import logging
import threading
from contextlib import closing
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QThreadPool, Signal, Slot
from PySide6.QtGui import QAction, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from app.messages.imports import added, refused
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.file_dialogs import ask_file, ask_folder
from app.widgets.message_bar import MessageArea
from core.checkpoints.safetensors_header import PICKLED_SUFFIXES
from core.errors import EmulsionError, ModelBroken
from core.models.catalogue import Catalogue, Model, hashed_file
from core.models.folders import SUFFIX
from core.models.importing import find_models

log = logging.getLogger(__name__)

SUBJECT = "model-import"
LASTING_MS = 12_000


class ModelImport(QObject):
    """Takes what is dropped on the window or chosen in a dialog; reads it in a thread of the pool.

    Signals:
        models_changed: the places where models lie have changed.
    """

    models_changed = Signal()
    _checked = Signal(object, object)
    _refused = Signal(object)

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
        self._is_ending = threading.Event()
        self._checked.connect(self._on_checked)
        self._refused.connect(self._refuse)
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

    @Slot()
    def finish(self) -> None:
        """At the end of the program: files of many GB need not be read to their end."""
        self._is_ending.set()

    def add(self, path: Path) -> None:
        """Checks the place and keeps it; what comes of it is told above the canvas."""
        QThreadPool.globalInstance().start(lambda: self._check(path.absolute()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDropEvent):  # entering and moving are kinds of it
            path = model_in(event.mimeData())
            if path is not None:
                event.acceptProposedAction()
                if not isinstance(event, QDragMoveEvent):
                    self.add(path)
                return True
        return super().eventFilter(watched, event)

    def _check(self, path: Path) -> None:
        """In a thread of the pool."""
        try:
            self._checked.emit(path, find_models(self._catalogue, path).models)
        except EmulsionError as error:
            self._refused.emit(error)

    @Slot(object, object)
    def _on_checked(self, place: Path, models: tuple[Model, ...]) -> None:
        places = self._settings_store.settings.model_folders
        if not any(place == known or known in place.parents for known in places):
            self._settings_store.change(model_folders=(*places, place))
        self.models_changed.emit()
        paths = {model.place for model in models}
        chosen = next((model for model in self._session.models if model.place in paths), models[0])
        self._session.edit(model=chosen.key)
        self._area.show_message(SUBJECT, added(models), "info", lasting_ms=LASTING_MS)
        if len(models) == 1:
            QThreadPool.globalInstance().start(lambda: self._identify(models[0]))

    @Slot(object)
    def _refuse(self, error: EmulsionError) -> None:
        self._area.show_message(SUBJECT, refused(error), "error")

    def _identify(self, model: Model) -> None:
        """In a thread of the pool: the hash is there when the first picture wants it."""
        try:
            with closing(self._catalogue.memory.hashing(hashed_file(model))) as hashing:
                for _ in hashing:
                    if self._is_ending.is_set():
                        return
        except ModelBroken as error:
            log.info("a model's hash is not known: %s", error)


def model_in(data: QMimeData) -> Path | None:
    """The first file that may be meant as a model among what is dropped, or the first folder."""
    for url in data.urls():
        path = Path(url.toLocalFile())
        if url.isLocalFile() and (path.suffix.lower() in {SUFFIX, *PICKLED_SUFFIXES} or path.is_dir()):
            return path
    return None
