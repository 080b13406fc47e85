"""The context menu of the grid."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Signal, Slot
from PySide6.QtWidgets import QMenu, QWidget

from app.gallery.picture_actions import KEYS, SEVERAL_WORDS, WORDS, Deed
from core.gallery.marks import RATINGS, MarkChange
from core.gallery.query import LibraryPicture

MOST_COMPARED = 4


class GalleryMenu(QObject):
    """Opens menus for chosen pictures.

    Signals:
        asked: a `Deed`.
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
            self._add(menu, Deed.open_viewer, Deed.use_settings, Deed.use_as_source, Deed.add_noise)
            if picture.has_film:
                self._add(menu, Deed.open_film, Deed.branch)
        elif count <= MOST_COMPARED:
            self._add(menu, Deed.compare)
        menu.addSeparator()
        rating = menu.addMenu("Rating")
        for stars in RATINGS:
            self._add_mark(rating, f"{'★' * stars or 'None'}\t{stars}", MarkChange(rating=stars))
        words = "No favourite" if picture.is_favourite else "Favourite"
        self._add_mark(menu, f"{words}\tF", MarkChange(is_favourite=not picture.is_favourite))
        menu.addSeparator()
        if count == 1:
            self._add(menu, Deed.copy_picture, Deed.copy_recipe, Deed.show_in_folder)
        else:
            action = menu.addAction(f"{SEVERAL_WORDS[Deed.copy_picture]}\tCtrl+C")
            action.setData(Deed.copy_picture)
            action.triggered.connect(self._ask)
        menu.addSeparator()
        if count == 1:
            self._add(menu, Deed.rename)
        self._add(menu, Deed.move, Deed.export, Deed.delete)
        menu.popup(position)

    def _add(self, menu: QMenu, *deeds: Deed) -> None:
        for deed in deeds:
            action = menu.addAction(WORDS[deed] + (f"\t{KEYS[deed]}" if deed in KEYS else ""))
            action.setData(deed)
            action.triggered.connect(self._ask)

    def _add_mark(self, menu: QMenu, words: str, change: MarkChange) -> None:
        action = menu.addAction(words)
        action.setData(change)
        action.triggered.connect(self._mark)

    @Slot()
    def _ask(self) -> None:
        self.asked.emit(self.sender().data())  # pyright: ignore[reportAttributeAccessIssue]

    @Slot()
    def _mark(self) -> None:
        self.mark_asked.emit(self.sender().data())  # pyright: ignore[reportAttributeAccessIssue]
