"""LoRAs of the user's own: dropped on the window or chosen in a dialog, checked, copied or read where they lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Signal, Slot
from PySide6.QtGui import QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.messages.errors import Message, message
from app.messages.loras import misfit_notice, offer
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.file_dialogs import ask_files
from app.widgets.message_bar import Choice, MessageArea, Tone
from core.errors import EmulsionError, LoraBroken
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
        refused: the rest, with the reasons.
    """

    known: tuple[LoraFile, ...]
    new: tuple[LoraFile, ...]
    taken: frozenset[str]
    refused: tuple[LoraBroken, ...]


Placed = tuple[tuple[LoraFile, ...], tuple[Path, ...]]
"""Files that can be used now, and the places to be remembered for them."""


class LoraImport(QObject):
    """Takes ``.safetensors`` files that are dropped on the window, text fields included; all reading and copying
    happens in the background.

    Signals:
        told: there is something to be read above the canvas.
    """

    told = Signal()

    def __init__(
        self,
        catalogue: Catalogue,
        settings_store: SettingsStore,
        session: Session,
        area: MessageArea,
        window: QWidget,
        take_other: Callable[[Path], None],
    ) -> None:
        """``take_other`` gets dropped files that are no LoRAs."""
        super().__init__(window)
        self._catalogue = catalogue
        self._settings_store = settings_store
        self._session = session
        self._area = area
        self._window = window
        self._take_other = take_other
        self._awaited: list[str] = []
        self._tasks = session.background.queue(self, "LoRA import")
        session.loras.changed.connect(self._add_awaited)
        fields = window.findChildren(QAbstractScrollArea)
        for widget in (window, *fields, *(field.viewport() for field in fields)):
            widget.installEventFilter(self)
        window.setAcceptDrops(True)

    @Slot()
    def ask_files(self) -> None:
        add = partial(self.add, must_be_loras=True)
        ask_files(self._window, "Add LoRA files", add, [f"LoRAs (*{SUFFIX})", "All files (*)"])

    def add(self, paths: list[Path], must_be_loras: bool = False) -> None:
        """Checks the files; what comes of it is told above the canvas."""
        check = partial(_check, self._catalogue.loras, [path.absolute() for path in paths])
        self._tasks.submit(check, partial(self._offer, must_be_loras))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDropEvent):  # entering and moving are kinds of it
            paths = loras_in(event.mimeData())
            if paths:
                event.acceptProposedAction()
                if not isinstance(event, QDragMoveEvent):
                    self.add(paths)
                return True
        return super().eventFilter(watched, event)

    def _offer(self, must_be_loras: bool, checked: Checked) -> None:
        for error in checked.refused:
            if must_be_loras:
                self._tell(message(error), "error")
            else:
                self._take_other(error.path)
        self._use([file.name for file in checked.known])
        if not checked.new:
            return
        choices = [Choice("Copy", partial(self._copy, checked), "copyLoraButton")]
        if not checked.taken:
            places = tuple(file.path for file in checked.new)
            use = partial(self._on_placed, (checked.new, places))
            choices.append(Choice("Use in place", use, "keepLoraButton"))
        self._tell(offer(checked.new, checked.taken), "info", tuple(choices))

    def _copy(self, checked: Checked) -> None:
        folder = self._settings_store.folders.models / FOLDER_NAMES[0]
        copy = partial(_copied, self._catalogue.loras, checked.new, folder)
        self._tasks.submit(copy, self._on_placed, self._refuse, is_kept=True)

    def _on_placed(self, placed: Placed) -> None:
        files, places = placed
        known = self._settings_store.settings.lora_places
        self._settings_store.change(lora_places=(*known, *(place for place in places if place not in known)))
        self._catalogue.lora_places = self._settings_store.settings.lora_places
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
        self._area.show_message(SUBJECT, words, tone, choices)
        self.told.emit()


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
    return Checked(tuple(known), tuple(new), taken, tuple(refused))


def _copied(library: LoraLibrary, files: tuple[LoraFile, ...], folder: Path) -> Placed:
    """Copies files into the folder. Raises SaveFailed or LoraBroken."""
    taken = frozenset(path.stem for path in library.files() if path.parent != folder)
    copies = [copy_lora(file.path, folder, taken) for file in files]
    places = () if all(library.has(path) for path in copies) else (folder,)
    return tuple(read_lora(path) for path in copies), places


def loras_in(data: QMimeData) -> list[Path]:
    """The files among what is dropped that may be LoRAs."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() == SUFFIX]
