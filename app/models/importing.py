"""Models of the user's own: a file or a folder is checked, used where it lies, and chosen."""

from collections.abc import Generator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.messages.imports import added, refused
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.message_bar import Notice
from core.errors import EmulsionError
from core.files.safetensors_header import PICKLED_SUFFIXES
from core.files.weights_header import SUFFIXES
from core.models.catalogue import Catalogue, Model, hashed_file
from core.models.importing import Found, find_models

SUBJECT = "model-import"
LASTING_MS = 12_000


class ModelImport(QObject):
    """Takes what is dropped on the window or chosen in a dialog; reads it in the background.

    Signals:
        told: a `Notice` about what became of it.
    """

    told = Signal(object)

    def __init__(self, catalogue: Catalogue, settings_store: SettingsStore, session: Session) -> None:
        super().__init__(session)
        self._catalogue = catalogue
        self._settings_store = settings_store
        self._session = session
        self._checks = session.background.queue(self, "model import")
        self._hashes = session.background.queue(self, "hashes")

    def add(self, path: Path) -> None:
        """Checks the place and saves it; the signal ``told`` reports the result."""
        place = path.absolute()
        self._checks.submit(
            partial(find_models, self._catalogue, place), partial(self._on_checked, place), self._refuse
        )

    def add_all(self, paths: list[Path]) -> None:
        for path in paths:
            self.add(path)

    def _on_checked(self, place: Path, found: Found) -> None:
        models = found.models
        places = self._settings_store.settings.model_folders
        if not any(place == known or known in place.parents for known in places):
            self._settings_store.change(model_folders=(*places, place))
        self._session.refresh_models()
        self._session.loras.refresh()  # they may lie beside the models
        paths = {model.place for model in models}
        chosen = next((model for model in self._session.draft_editor.models if model.place in paths), models[0])
        self._session.edit(model=chosen.key)
        self.told.emit(Notice(SUBJECT, added(models), "info", lasting_ms=LASTING_MS))
        if len(models) == 1:
            # the hash is there when the first picture wants it
            self._hashes.follow(partial(_hashing, self._catalogue, models[0]))

    def _refuse(self, error: EmulsionError) -> None:
        self.told.emit(Notice(SUBJECT, refused(error), "error"))


def _hashing(catalogue: Catalogue, model: Model) -> Generator[int]:
    """Reads a model's hash into the catalogue's memory, step by step. Raises ModelBroken."""
    yield from catalogue.memory.hashing(hashed_file(model))


def is_model_place(path: Path) -> bool:
    """True for what may be meant as a model, or holds models: a folder, or a file by its name."""
    return path.suffix.lower() in {*SUFFIXES, *PICKLED_SUFFIXES} or path.is_dir()
