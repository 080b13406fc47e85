"""LoRAs of the user's own: dropped on the window or chosen in a dialog, checked, copied or read where they lie."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.messages.errors import Message, message
from app.messages.loras import embeddings_taken, misfit_notice, offer
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.message_bar import Choice, Notice, Tone
from core.autoencoders.file import read_autoencoder
from core.embeddings.file import EmbeddingFile, read_embedding
from core.errors import EmulsionError, LoraBroken, ModelBroken
from core.language.words import tr
from core.lora.file import SUFFIX, LoraFile, read_lora
from core.lora.importing import copy_lora
from core.lora.library import FOLDER_NAMES, LoraLibrary
from core.models.catalogue import Catalogue

SUBJECT = "lora-import"


@dataclass(frozen=True, slots=True)
class Checked:
    """The kinds of dropped files.

    Attributes:
        known: LoRAs that are found by name already.
        new: other LoRAs. taken: those of them whose name another file has.
        refused: the rest, with the reasons. autoencoders, embeddings: those of them that are one.
    """

    known: tuple[LoraFile, ...]
    new: tuple[LoraFile, ...]
    taken: frozenset[str]
    refused: tuple[LoraBroken, ...]
    autoencoders: frozenset[Path]
    embeddings: tuple[EmbeddingFile, ...]


Placed = tuple[tuple[LoraFile, ...], tuple[Path, ...]]
"""Files that can be used now, and the places to be remembered for them."""


class LoraImport(QObject):
    """Takes ``.safetensors`` files that are dropped on the window or chosen in a dialog; all reading and copying
    happens in the background.

    Signals:
        told: a `Notice` about what became of them.
    """

    told = Signal(object)

    def __init__(
        self,
        catalogue: Catalogue,
        settings_store: SettingsStore,
        session: Session,
        take_autoencoder: Callable[[Path], object],
        take_other: Callable[[Path], object],
    ) -> None:
        """Dropped files that are no LoRAs go to ``take_autoencoder``, or to ``take_other``."""
        super().__init__(session)
        self._catalogue = catalogue
        self._settings_store = settings_store
        self._session = session
        self._take_autoencoder = take_autoencoder
        self._take_other = take_other
        self._awaited: list[str] = []
        self._tasks = session.background.queue(self, "LoRA import")
        session.loras.changed.connect(self._add_awaited)

    def add(self, paths: list[Path], must_be_loras: bool = False) -> None:
        """Checks the files; the signal ``told`` reports the result."""
        check = partial(_check, self._catalogue.loras, [path.absolute() for path in paths])
        self._tasks.submit(check, partial(self._offer, must_be_loras))

    def _offer(self, must_be_loras: bool, checked: Checked) -> None:
        self._take_embeddings(checked.embeddings)
        embeddings = {file.path for file in checked.embeddings}
        for error in checked.refused:
            if error.path in embeddings:
                continue
            if must_be_loras:
                self._tell(message(error), "error")
            elif error.path in checked.autoencoders:
                self._take_autoencoder(error.path)
            else:
                self._take_other(error.path)
        self._use([file.name for file in checked.known])
        if not checked.new:
            return
        choices = [Choice(tr("Copy"), partial(self._copy, checked), "copyLoraButton")]
        if not checked.taken:
            places = tuple(file.path for file in checked.new)
            use = partial(self._on_placed, (checked.new, places))
            choices.append(Choice(tr("Use in place"), use, "keepLoraButton"))
        self._tell(offer(checked.new, checked.taken), "info", tuple(choices))

    def _take_embeddings(self, files: tuple[EmbeddingFile, ...]) -> None:
        """Reads them where they lie, from now on; prompts act by their names."""
        if not files:
            return
        known = self._settings_store.settings.embedding_places
        self._settings_store.change(embedding_places=tuple(dict.fromkeys((*known, *(f.path for f in files)))))
        self._session.loras.refresh()
        self._tell(embeddings_taken(files), "info")

    def _copy(self, checked: Checked) -> None:
        folder = self._settings_store.folders.models / FOLDER_NAMES[0]
        copy = partial(_copied, self._catalogue.loras, checked.new, folder)
        self._tasks.submit(copy, self._on_placed, self._refuse, is_kept=True)

    def _on_placed(self, placed: Placed) -> None:
        files, places = placed
        known = self._settings_store.settings.lora_places
        self._settings_store.change(lora_places=(*known, *(place for place in places if place not in known)))
        self._awaited += [file.name for file in files]
        self._session.loras.refresh()

    @Slot()
    def _add_awaited(self) -> None:
        at_hand = self._session.loras.at_hand
        here = {found.name for found in at_hand.loras} if at_hand is not None else set[str]()
        self._use([name for name in self._awaited if name in here])
        self._awaited = [name for name in self._awaited if name not in here]

    def _use(self, names: list[str]) -> None:
        """Adds them to the draft, if they fit its model."""
        session = self._session
        model = session.model_of(session.draft)
        at_hand = session.loras.at_hand
        if not names or model is None or at_hand is None:
            return
        for found in at_hand.loras:
            if found.name not in names:
                continue
            if objection := session.loras.objection(found, model):
                self._tell(misfit_notice(found.name, objection), "info")
            else:
                session.loras.add(found.name)

    def _refuse(self, error: EmulsionError) -> None:
        self._tell(message(error), "error")

    def _tell(self, words: Message, tone: Tone, choices: tuple[Choice, ...] = ()) -> None:
        self.told.emit(Notice(SUBJECT, words, tone, choices))


def _check(library: LoraLibrary, files: list[Path]) -> Checked:
    present = library.files()
    known: list[LoraFile] = []
    new: list[LoraFile] = []
    refused: list[LoraBroken] = []
    for path in files:
        try:
            (known if path in present else new).append(read_lora(path))
        except LoraBroken as error:
            refused.append(error)
    names = {path.stem for path in present}
    taken = frozenset(file.name for file in new if file.name in names)
    autoencoders = frozenset(error.path for error in refused if _is_autoencoder(error.path))
    embeddings = tuple(file for error in refused if (file := _embedding(error.path)) is not None)
    return Checked(tuple(known), tuple(new), taken, tuple(refused), autoencoders, embeddings)


def _embedding(path: Path) -> EmbeddingFile | None:
    try:
        return read_embedding(path)
    except ModelBroken:
        return None


def _is_autoencoder(path: Path) -> bool:
    try:
        read_autoencoder(path)
    except ModelBroken:
        return False
    return True


def _copied(library: LoraLibrary, files: tuple[LoraFile, ...], folder: Path) -> Placed:
    """Copies files into the folder. Raises SaveFailed or LoraBroken."""
    taken = frozenset(path.stem for path in library.files() if path.parent != folder)
    copies = [copy_lora(file.path, folder, taken) for file in files]
    places = () if all(library.has(path) for path in copies) else (folder,)
    return tuple(read_lora(path) for path in copies), places


def is_lora(path: Path) -> bool:
    """True for what may be a LoRA, by its name."""
    return path.suffix.lower() == SUFFIX
