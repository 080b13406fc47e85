"""The context menu of the grid."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Signal, Slot
from PySide6.QtWidgets import QMenu, QWidget

from app.gallery.picture_actions import KEYS, SEVERAL_WORDS, WORDS, PictureAction
from core.gallery.marks import RATINGS, MarkChange
from core.gallery.query import LibraryPicture

MOST_COMPARED = 4


class GalleryMenu(QObject):
    """Opens menus for chosen pictures.

    Signals:
        asked: a `PictureAction`.
        mark_asked: a `MarkChange`.
    """

    asked = Signal(object)
    mark_asked = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent

    def open(self, picture: LibraryPicture, count: int, position: QPoint) -> None:
        """For ``count`` chosen pictures, ``picture`` being the current one."""
        menu = QMenu(self._window)
        menu.aboutToHide.connect(menu.deleteLater)
        if count == 1:
            self._add(
                menu,
                PictureAction.open_viewer,
                PictureAction.use_settings,
                PictureAction.use_as_source,
                PictureAction.add_noise,
            )
            if picture.has_film:
                self._add(menu, PictureAction.open_film, PictureAction.branch)
        elif count <= MOST_COMPARED:
            self._add(menu, PictureAction.compare)
        menu.addSeparator()
        rating = menu.addMenu("Rating")
        for stars in RATINGS:
            self._add_mark(rating, f"{'★' * stars or 'None'}\t{stars}", MarkChange(rating=stars))
        words = "No favourite" if picture.is_favourite else "Favourite"
        self._add_mark(menu, f"{words}\tF", MarkChange(is_favourite=not picture.is_favourite))
        menu.addSeparator()
        if count == 1:
            self._add(menu, PictureAction.copy_picture, PictureAction.copy_recipe, PictureAction.show_in_folder)
        else:
            action = menu.addAction(f"{SEVERAL_WORDS[PictureAction.copy_picture]}\tCtrl+C")
            action.setData(PictureAction.copy_picture)
            action.triggered.connect(self._on_triggered)
        menu.addSeparator()
        if count == 1:
            self._add(menu, PictureAction.rename)
        self._add(menu, PictureAction.move, PictureAction.export, PictureAction.delete)
        menu.popup(position)

    def _add(self, menu: QMenu, *picture_actions: PictureAction) -> None:
        for picture_action in picture_actions:
            action = menu.addAction(
                WORDS[picture_action] + (f"\t{KEYS[picture_action]}" if picture_action in KEYS else "")
            )
            action.setData(picture_action)
            action.triggered.connect(self._on_triggered)

    def _add_mark(self, menu: QMenu, words: str, change: MarkChange) -> None:
        action = menu.addAction(words)
        action.setData(change)
        action.triggered.connect(self._mark)

    @Slot()
    def _on_triggered(self) -> None:
        self.asked.emit(self.sender().data())  # pyright: ignore[reportAttributeAccessIssue]

    @Slot()
    def _mark(self) -> None:
        self.mark_asked.emit(self.sender().data())  # pyright: ignore[reportAttributeAccessIssue]
