"""Shows what an edit changed, on the canvas, and puts back what it did not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QColor, QImage

from app.canvas.current import CurrentView
from app.canvas.view import Canvas
from app.create.page import CreatePage
from app.create.picture_tools import PictureTools
from app.film.film_panel import FilmPanel
from app.messages.errors import Message, message
from app.recent.model import RecentPictures
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.icon_button import IconButton
from app.widgets.message_bar import Choice, MessageArea, Notice
from core.errors import EmulsionError, UnreadablePicture
from core.language.words import tr
from core.paths import Folders
from core.pictures.mask import MaskPixels
from core.pictures.saving import SavingRules, save_in
from core.runs.changes import EditedPicture, edited_picture

CHANGES = "changes"
TINT, STRONGEST = QColor(255, 0, 144), 150
"""The colour over what changed, and its opacity there, of 255."""


class EditChanges(QObject):
    """A switch beside the film; while it is on, what changed is marked on each picture that is shown.

    Attributes:
        button: the switch.

    Signals:
        toggled: whether it is on.
        opened: the path of a picture to be shown.
        saved: the path of a new picture, in which what did not change is as it was.
    """

    toggled = Signal(bool)
    opened = Signal(object)
    saved = Signal(object)

    def __init__(
        self,
        canvas: Canvas,
        messages: MessageArea,
        current: CurrentView,
        session: Session,
        rules: Callable[[], SavingRules],
        delete: Callable[..., None],
    ) -> None:
        """``rules`` are those of new pictures; ``delete`` moves one to the trash."""
        super().__init__(canvas)
        self._canvas, self._messages, self._current = canvas, messages, current
        self._rules, self._delete = rules, delete
        self._tasks, self._keeping = (session.background.queue(self, "changes") for _ in range(2))
        self._overlay: QImage | None = None
        self._path: Path | None = None
        self._has_refused = False
        tip = tr("What changed: marks what differs from the picture that was edited")
        self.button = IconButton("difference", tip, "changesButton")
        self.button.setCheckable(True)
        self.button.toggled.connect(self._on_toggled)
        canvas.shown_changed.connect(self._look)
        session.picture_saved.connect(self._look)

    @classmethod
    def on(
        cls,
        create: CreatePage,
        panel: FilmPanel,
        current: CurrentView,
        session: Session,
        settings_store: SettingsStore,
        delete: Callable[..., None],
    ) -> EditChanges:
        """Puts the switch beside the film of the page."""

        def rules() -> SavingRules:
            return settings_store.settings.saving

        made = cls(create.canvas, create.messages, current, session, rules, delete)
        panel.transport.add_tool(made.button)
        panel.film_changed.connect(made.repaint)
        return made

    def follow(self, tools: PictureTools, recent: RecentPictures, show: Callable[[Path], None]) -> None:
        """Serves the menus of pictures; ``show`` opens one."""
        self.opened.connect(show)
        self.saved.connect(recent.add)
        tools.changes_asked.connect(self.show_of)

    def follow_action(self, action: QAction) -> None:
        """Makes the action of a menu the same switch."""
        action.toggled.connect(self.set_on)
        self.toggled.connect(action.setChecked)

    @Slot(bool)
    def set_on(self, is_on: bool) -> None:
        self.button.setChecked(is_on)

    @Slot(object)
    def show_of(self, path: Path) -> None:
        """Opens a picture with what changed in it."""
        self.opened.emit(path)
        self.set_on(is_on=True)

    @Slot()
    def repaint(self) -> None:
        """Marks again what changed, after something else was laid over the picture."""
        if self._overlay is not None:
            self._canvas.set_overlay(self._overlay)

    @Slot(bool)
    def _on_toggled(self, is_on: bool) -> None:
        self._path, self._has_refused = None, False
        self.toggled.emit(is_on)
        if is_on:
            self._look()
        else:
            self._clear()

    @Slot()
    def _look(self) -> None:
        """Compares the picture that is shown now with its source, in the background."""
        current = self._current.current
        path = current.path if current is not None else None
        if not self.button.isChecked() or path == self._path:
            return
        self._clear()
        self._path = path
        if path is not None:
            read = partial(_compared, path, Folders.default().sources)
            self._tasks.submit(read, self._show, partial(self._refuse, path))

    def _clear(self) -> None:
        self._tasks.cancel()
        if self._overlay is not None:
            self._overlay = None
            self._canvas.set_overlay(None)
        self._messages.dismiss(CHANGES)

    def _show(self, compared: tuple[EditedPicture, MaskPixels]) -> None:
        edited, mask = compared
        if edited.path != self._path:
            return
        self._overlay = _tinted(mask)
        self._canvas.set_overlay(self._overlay)
        part = np.count_nonzero(mask) / mask.size
        if not part:
            self._tell(tr("Nothing has changed"), tr("It is as its source, but for noise."))
            return
        keep = Choice(tr("Keep what did not change"), partial(self._keep, edited), "keepUnchangedButton")
        sentence = tr(
            "The rest can be put back as it was in the source, pixel for pixel. That makes a new picture; this "
            "one stays."
        )
        self._tell(tr("{part:.0%} of the picture has changed", part=part), sentence, keep)

    def _refuse(self, path: Path, error: EmulsionError) -> None:
        if path != self._path:
            return
        if isinstance(error, UnreadablePicture) and error.path == path:  # which is seen: no need to name it
            if self._has_refused:  # said once: others that have no source follow
                return
            self._has_refused = True
            self._tell(tr("There are no changes to show"), f"{error.reason[:1].upper()}{error.reason[1:]}.")
        else:
            self._messages.show_notice(Notice(CHANGES, message(error), "info"))

    def _keep(self, edited: EditedPicture) -> None:
        save = partial(_kept, edited, self._rules())
        # not cancelled when another picture is shown meanwhile
        self._keeping.submit(save, partial(self._on_kept, edited.path), self._on_not_kept, is_kept=True)

    def _on_not_kept(self, error: EmulsionError) -> None:
        self._messages.show_notice(Notice(CHANGES, message(error), "error"))

    def _on_kept(self, edited: Path, path: Path) -> None:
        self.saved.emit(path)
        if edited == self._path:
            self.set_on(is_on=False)
            self.opened.emit(path)
        undo = Choice(tr("Move to trash"), partial(self._delete, path), "deleteKeptButton")
        self._tell(tr("What did not change is as it was"), tr("Saved as {name}.", name=path.name), undo)

    def _tell(self, title: str, sentence: str, *choices: Choice) -> None:
        self._messages.show_notice(Notice(CHANGES, Message(title, sentence), "info", choices))


def _compared(path: Path, sources: Path) -> tuple[EditedPicture, MaskPixels]:
    edited = edited_picture(path, (sources,))
    return edited, edited.mask


def _kept(edited: EditedPicture, rules: SavingRules) -> Path:
    return save_in(edited.with_unchanged_kept(), edited.path.parent, rules=rules)


def _tinted(mask: MaskPixels) -> QImage:
    """Returns a picture of the mask in one colour, transparent where it is black."""
    height, width = mask.shape
    pixels = np.empty((height, width, 4), np.uint8)
    pixels[..., :3] = (TINT.red(), TINT.green(), TINT.blue())
    pixels[..., 3] = mask.astype(np.uint16) * STRONGEST // 255
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
