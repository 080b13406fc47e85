"""The actions on pictures: one table for all their menus, for the inspector and for the keys."""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial

from PySide6.QtCore import QKeyCombination, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from app.widgets.building import push_button, vbox
from app.widgets.icons import set_icon
from core.gallery.marks import RATINGS, MarkChange
from core.gallery.query import LibraryPicture
from core.language.words import plural, tr

ONE = range(1, 2)
COMPARED = range(2, 5)
ANY = range(1, sys.maxsize)


class PictureAction(Enum):
    """Something to do with the chosen pictures.

    Attributes:
        words: as menus and buttons call it. several_words: for more than one picture.
        icon: of its button in the inspector, "" for none there.
        key: in the grid, "" for none.
        counts: for how many chosen pictures it is there.
        needs_film: it is there only for a picture with a film.
    """

    open_viewer = tr("View in full screen"), "eye", "Return", ONE
    use_settings = tr("Use all settings"), "", "", ONE
    use_seed = tr("Use its seed"), "", "", ONE
    generate_again = tr("Generate again with a new seed"), "", "", ONE
    compare = tr("Compare"), "swap", "C", COMPARED
    compare_shown = tr("Compare with the picture shown"), "", "", ONE
    show_changes = tr("Show what changed"), "", "", ONE
    open_film = tr("Open its film"), "film", "", ONE, True
    open_grid = tr("Open its grid"), "", "", ONE
    branch = tr("Branch from here…"), "branch", "", ONE, True
    more_like_this = tr("More like this"), "pictures", "", ONE, True
    use_as_source = tr("Start from this image"), "picture", "", ONE
    guide_by = tr("Guide by this picture"), "", "", ONE
    paint_mask = tr("Paint a mask…"), "mask", "", ONE
    widen = tr("Widen…"), "widen", "", ONE
    add_noise = tr("Add noise to this picture…"), "", "", ONE
    enlarge = tr("Enlarge or refine…"), "fit", "", ANY
    open_in_editor = tr("Open in another program"), "", "", ONE
    save_as = tr("Save picture as…"), "", "", ONE
    show_in_folder = tr("Show in folder"), "folder", "", ONE
    copy_picture = tr("Copy picture"), "copy", "Ctrl+C", ANY, False, tr("Copy pictures")
    copy_recipe = tr("Copy recipe"), "copy", "", ONE
    find_similar = tr("Find similar pictures"), "", "", ONE
    rename = tr("Rename…"), "", "F2", ANY
    move = tr("Move to folder…"), "", "", ANY
    export = tr("Export…"), "export", "", ANY
    delete = tr("Move to trash"), "trash", "Del", ANY

    def __init__(
        self, words: str, icon: str, key: str, counts: range, needs_film: bool = False, several_words: str = ""
    ) -> None:
        self.words = words
        self.icon = icon
        self.key = key
        self.counts = counts
        self.needs_film = needs_film
        self.several_words = several_words or words

    def words_for(self, count: int) -> str:
        return self.words if count == 1 else self.several_words

    def is_offered(self, count: int, has_film: bool) -> bool:
        """Returns whether it is there for so many chosen pictures."""
        return count in self.counts and (has_film or not self.needs_film)


class ActionButtons(QWidget):
    """A column of quiet buttons.

    Signals:
        asked: a `PictureAction`.
    """

    asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("galleryActions")
        layout = vbox(on=self, spacing=2)
        self._buttons: dict[PictureAction, QPushButton] = {}
        for action in PictureAction:
            if not action.icon:
                continue
            button = push_button(
                action.words,
                partial(self.asked.emit, action),
                name=f"{action.name}ActionButton",
                kind="quiet",
                tip=f"{action.words} ({action.key})" if action.key else action.words,
            )
            set_icon(button, action.icon)
            button.setStyleSheet("text-align: left; padding-left: 4px")
            self._buttons[action] = button
            layout.addWidget(button)

    def show_for(self, count: int, has_film: bool) -> None:
        """Shows the buttons for so many chosen pictures."""
        for action, button in self._buttons.items():
            button.setVisible(action.is_offered(count, has_film))
            button.setText(action.words_for(count))


def action_of(event: QKeyEvent) -> PictureAction | None:
    """Returns the action that a key stands for, None for keys that mean nothing here."""
    if event.matches(QKeySequence.StandardKey.Copy):
        return PictureAction.copy_picture
    key = Qt.Key.Key_Return if event.key() == Qt.Key.Key_Enter else Qt.Key(event.key())
    pressed = QKeySequence(QKeyCombination(_modifiers(event), key))
    return next((action for action in PictureAction if action.key and QKeySequence(action.key) == pressed), None)


def mark_of(event: QKeyEvent, picture: LibraryPicture | None) -> MarkChange | None:
    """Returns a rating for 0 to 5; F turns the favourite of ``picture``, the current one, on or off."""
    if _modifiers(event) != Qt.KeyboardModifier.NoModifier:
        return None
    rating = event.key() - Qt.Key.Key_0
    if rating in RATINGS:
        return MarkChange(rating=rating)
    if event.key() == Qt.Key.Key_F:
        return MarkChange(is_favourite=not (picture is not None and picture.is_favourite))
    return None


def _modifiers(event: QKeyEvent) -> Qt.KeyboardModifier:
    return event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier


ABOVE_MARKS = (
    PictureAction.open_viewer,
    PictureAction.use_settings,
    PictureAction.use_seed,
    PictureAction.generate_again,
    PictureAction.use_as_source,
    PictureAction.guide_by,
    PictureAction.paint_mask,
    PictureAction.widen,
    PictureAction.add_noise,
    PictureAction.enlarge,
    PictureAction.open_film,
    PictureAction.branch,
    PictureAction.more_like_this,
    PictureAction.open_grid,
    PictureAction.compare,
    PictureAction.compare_shown,
    PictureAction.show_changes,
    PictureAction.find_similar,
)
BELOW_MARKS = (
    (
        PictureAction.copy_picture,
        PictureAction.copy_recipe,
        PictureAction.save_as,
        PictureAction.open_in_editor,
        PictureAction.show_in_folder,
    ),
    (PictureAction.rename, PictureAction.move, PictureAction.export, PictureAction.delete),
)


@dataclass(frozen=True, slots=True)
class MarkMenu:
    """The part of a menu about rating and favourite.

    Attributes:
        is_favourite: the current one is one.
        mark: is called with the change that was chosen.
    """

    is_favourite: bool
    mark: Callable[[MarkChange], object]


def open_menu(
    parent: QWidget,
    position: QPoint,
    handlers: Mapping[PictureAction, Callable[[], object]],
    marks: MarkMenu | None,
    count: int = 1,
    *,
    has_film: bool,
    stack: tuple[str, Callable[[], object]] | None = None,
) -> None:
    """Opens the menu for ``count`` chosen pictures, with the actions that have a handler.

    ``stack`` is the entry that opens or closes one. ``marks`` is None for a picture that has no file yet; keys are
    told where the handlers are those of the grid.
    """
    menu = QMenu(parent)
    has_keys = PictureAction.open_viewer in handlers

    def add(actions: Iterable[PictureAction]) -> None:
        menu.addSeparator()
        for action in actions:
            if action in handlers and action.is_offered(count, has_film):
                key = action.key if has_keys else ""
                entry = menu.addAction(f"{action.words_for(count)}\t{key}".rstrip("\t"))
                entry.setData(action)
                entry.triggered.connect(handlers[action])

    if count > 1:
        menu.addAction(plural("1 picture", "{count:,} pictures", count)).setEnabled(False)
    if stack is not None:
        menu.addAction(stack[0] + "\tS").triggered.connect(stack[1])
    add(ABOVE_MARKS)
    if marks is not None:
        menu.addSeparator()
        rating = menu.addMenu(tr("Rating"))
        for stars in RATINGS:
            entry = rating.addAction(("★" * stars or tr("None")) + (f"\t{stars}" if has_keys else ""))
            entry.triggered.connect(partial(marks.mark, MarkChange(rating=stars)))
        words = tr("Remove from favourites") if marks.is_favourite else tr("Add to favourites")
        favour = menu.addAction(words + ("\tF" if has_keys else ""))
        favour.triggered.connect(partial(marks.mark, MarkChange(is_favourite=not marks.is_favourite)))
    for group in BELOW_MARKS:
        add(group)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(position)
