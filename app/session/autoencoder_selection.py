"""Autoencoders in the place of the model's own: which there are for the draft's model, and the user's choice."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.messages.errors import message
from app.session.session import Session
from app.session.settings_store import SettingsStore
from core.autoencoders.file import AutoencoderFile, read_autoencoder
from core.autoencoders.latent_space import own_space
from core.errors import EmulsionError
from core.models.catalogue import Catalogue, Model
from core.models.compatibility import check_autoencoder
from core.request.request import Autoencoder, GenerationRequest


class AutoencoderSelection(QObject):
    """Part of the window; reads files in the background.

    Attributes:
        files: all autoencoders, found with ``names``.
        names: of those that fit the draft's model.
        has_tiny: there is a tiny one for sharp previews of it.

    Signals:
        changed: ``names``, ``has_tiny`` or ``chosen`` is another.
    """

    changed = Signal()

    def __init__(self, catalogue: Catalogue, settings_store: SettingsStore, session: Session) -> None:
        super().__init__(session)
        self._catalogue = catalogue
        self._settings_store = settings_store
        self._session = session
        self.files: tuple[AutoencoderFile, ...] = ()
        self.names: tuple[str, ...] = ()
        self.has_tiny = False
        self._model = ""
        self._tasks = session.background.queue(self, "autoencoders")
        session.draft_edited.connect(self._follow)
        session.models_changed.connect(self.look)
        self._follow(session.draft)

    @property
    def has_model(self) -> bool:
        return self._session.model_of(self._session.draft) is not None

    @property
    def chosen(self) -> str:
        """Returns the name of the draft's one, "" for the model's own."""
        chosen = self._session.draft.autoencoder
        return chosen.key if chosen is not None else ""

    def choose(self, name: str) -> None:
        """Takes the one of this name, the model's own with ""; remembered for this model."""
        model = self._session.draft.model
        kept = {key: value for key, value in self._settings_store.settings.autoencoders.items() if key != model}
        self._settings_store.change(autoencoders=kept | ({model: name} if name else {}))
        self._session.edit(autoencoder=Autoencoder(name) if name else None)

    def add(self, path: Path) -> None:
        """Checks a file or folder, and chooses it in its place; the session reports a refusal."""
        model = self._session.model_of(self._session.draft)
        if model is not None:
            check = partial(_read_checked, path.absolute(), model)
            self._tasks.submit(check, partial(self._on_checked, model.key), self._on_refused)

    @Slot()
    def look(self) -> None:
        """Looks at the disk again."""
        model = self._session.model_of(self._session.draft)
        if model is not None:
            self._tasks.submit(partial(_find, self._catalogue, model), partial(self._on_found, model.key))

    @Slot(object)
    def _follow(self, draft: GenerationRequest) -> None:
        if draft.model != self._model:
            self._model = draft.model
            self.names, self.has_tiny = (), False
            self.look()
        self.changed.emit()

    def _on_found(self, model: str, found: tuple[tuple[AutoencoderFile, ...], tuple[str, ...], bool]) -> None:
        if model == self._session.draft.model and found != (self.files, self.names, self.has_tiny):
            self.files, self.names, self.has_tiny = found
            self.changed.emit()

    def _on_checked(self, model: str, file: AutoencoderFile) -> None:
        places = self._settings_store.settings.autoencoder_places
        if file.path not in places:
            self._settings_store.change(autoencoder_places=(file.path, *places))
        self.look()
        if model == self._session.draft.model:
            self.choose(file.name)

    def _on_refused(self, error: EmulsionError) -> None:
        self._session.failed.emit(message(error))


def _find(catalogue: Catalogue, model: Model) -> tuple[tuple[AutoencoderFile, ...], tuple[str, ...], bool]:
    """Returns all autoencoders, the names of those that fit, and whether a tiny one does. Raises ModelBroken."""
    own, files = own_space(model.folder), catalogue.autoencoders.files()
    names = tuple(file.name for file in files if file.space.fits(own))
    return files, names, catalogue.tiny_autoencoders.find(own) is not None


def _read_checked(path: Path, model: Model) -> AutoencoderFile:
    """Raises an EmulsionError if it is no autoencoder or not one for the model."""
    file = read_autoencoder(path)
    check_autoencoder(file, model)
    return file
