"""LoRAs of the user's own: dropped on the window or chosen in a dialog, checked, copied or read where they lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QThreadPool, Signal, Slot
from PySide6.QtGui import QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.messages.errors import Message, message
from app.messages.loras import misfit_notice, offer
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.file_dialogs import ask_files
from app.widgets.message_bar import Choice, MessageArea, Tone
from core.errors import LoraBroken, SaveFailed
from core.lora.file import SUFFIX, LoraFile, read_lora
from core.lora.importing import copy_lora
from core.lora.library import FOLDER_NAMES
from core.models.catalogue import Catalogue

SUBJECT = "lora-import"


@dataclass(frozen=True, slots=True)
class Checked:
    """What dropped files are.

    Attributes:
        known: LoRAs that are found by name already.
        new: other LoRAs. taken: those of them whose name another file has.
        refused: the rest, with the reasons.
    """

    known: tuple[LoraFile, ...]
    new: tuple[LoraFile, ...]
    taken: frozenset[str]
    refused: tuple[LoraBroken, ...]


class LoraImport(QObject):
    """Takes ``.safetensors`` files that are dropped on the window, text fields included; all reading and copying
    happens in a thread of its own.

    Signals:
        told: there is something to be read above the canvas.
    """

    told = Signal()
    _checked = Signal(object, bool)
    _placed = Signal(object, object)
    _failed = Signal(object)

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
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._checked.connect(self._offer)
        self._placed.connect(self._take_placed)
        self._failed.connect(self._refuse)
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
        library = self._catalogue.loras
        files = [path.absolute() for path in paths]

        def check() -> None:
            on_shelf = library.files()
            known: list[LoraFile] = []
            new: list[LoraFile] = []
            refused: list[LoraBroken] = []
            for path in files:
                try:
                    (known if path in on_shelf else new).append(read_lora(path))
                except LoraBroken as error:
                    refused.append(error)
            names = {path.stem for path in on_shelf}
            taken = frozenset(file.name for file in new if file.name in names)
            self._checked.emit(Checked(tuple(known), tuple(new), taken, tuple(refused)), must_be_loras)

        self._pool.start(check)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDropEvent):  # entering and moving are kinds of it
            paths = loras_in(event.mimeData())
            if paths:
                event.acceptProposedAction()
                if not isinstance(event, QDragMoveEvent):
                    self.add(paths)
                return True
        return super().eventFilter(watched, event)

    @Slot(object, bool)
    def _offer(self, checked: Checked, must_be_loras: bool) -> None:
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
            use = partial(self._take_placed, checked.new, places)
            choices.append(Choice("Use in place", use, "keepLoraButton"))
        self._tell(offer(checked.new, checked.taken), "info", tuple(choices))

    def _copy(self, checked: Checked) -> None:
        folder, library = self._settings_store.folders.models / FOLDER_NAMES[0], self._catalogue.loras

        def copy() -> None:
            try:
                taken = frozenset(path.stem for path in library.files() if path.parent != folder)
                copies = [copy_lora(file.path, folder, taken) for file in checked.new]
                places = () if all(library.has(path) for path in copies) else (folder,)
                self._placed.emit(tuple(read_lora(path) for path in copies), places)
            except (SaveFailed, LoraBroken) as error:
                self._failed.emit(error)

        self._pool.start(copy)

    @Slot(object, object)
    def _take_placed(self, files: tuple[LoraFile, ...], places: tuple[Path, ...]) -> None:
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

    @Slot(object)
    def _refuse(self, error: SaveFailed | LoraBroken) -> None:
        self._tell(message(error), "error")

    def _tell(self, words: Message, tone: Tone, choices: tuple[Choice, ...] = ()) -> None:
        self._area.show_message(SUBJECT, words, tone, choices)
        self.told.emit()


def loras_in(data: QMimeData) -> list[Path]:
    """The files among what is dropped that may be LoRAs."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() == SUFFIX]
