"""The context menu of the grid."""

from PySide6.QtCore import QObject, QPoint, Signal, Slot
from PySide6.QtWidgets import QMenu, QWidget

from app.gallery.picture_actions import PictureAction
from core.gallery.marks import RATINGS, MarkChange
from core.gallery.query import LibraryPicture

ABOVE_MARKS = (
    PictureAction.open_viewer,
    PictureAction.use_settings,
    PictureAction.use_as_source,
    PictureAction.add_noise,
    PictureAction.open_film,
    PictureAction.branch,
    PictureAction.compare,
)
BELOW_MARKS = (
    (PictureAction.copy_picture, PictureAction.copy_recipe, PictureAction.show_in_folder),
    (PictureAction.rename, PictureAction.move, PictureAction.export, PictureAction.delete),
)


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
        self._add(menu, ABOVE_MARKS, count, picture.has_film)
        menu.addSeparator()
        rating = menu.addMenu("Rating")
        for stars in RATINGS:
            self._add_mark(rating, f"{'★' * stars or 'None'}\t{stars}", MarkChange(rating=stars))
        words = "No favourite" if picture.is_favourite else "Favourite"
        self._add_mark(menu, f"{words}\tF", MarkChange(is_favourite=not picture.is_favourite))
        for group in BELOW_MARKS:
            menu.addSeparator()
            self._add(menu, group, count, picture.has_film)
        menu.popup(position)

    def _add(self, menu: QMenu, group: tuple[PictureAction, ...], count: int, has_film: bool) -> None:
        for action in group:
            if action.is_offered(count, has_film):
                entry = menu.addAction(f"{action.words_for(count)}\t{action.key}".rstrip("\t"))
                entry.setData(action)
                entry.triggered.connect(self._on_triggered)

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
