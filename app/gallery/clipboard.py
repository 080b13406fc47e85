"""Puts chosen pictures, or the recipe of one, into the clipboard."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication

from app.gallery.library_notices import LibraryNotices
from app.gallery.library_reader import PictureDetails
from app.gallery.page import GalleryPage
from app.gallery.picture_list import MOST_TAKEN
from app.recent.recipe_fields import recipe_text
from app.session.background import BackgroundTasks
from app.session.picture_loader import QUEUE, OpenedPicture, read_picture


class GalleryClipboard(QObject):
    """Copies from the gallery."""

    def __init__(
        self,
        page: GalleryPage,
        notices: LibraryNotices,
        background: BackgroundTasks,
        copy: Callable[[OpenedPicture], object],
        parent: QObject,
    ) -> None:
        """``copy`` puts an opened picture into the clipboard."""
        super().__init__(parent)
        self._page = page
        self._notices = notices
        self._tasks = background.queue(self, QUEUE)
        self._copy = copy
        self._awaited: tuple[int, ...] = ()
        page.pictures.rows_known.connect(self._on_rows_known)

    def copy_pictures(self) -> None:
        """Copies the files, and the pixels too of one alone; as soon as the places of all are known."""
        pictures, chosen = self._page.pictures, self._page.selected_ids
        one = pictures.known(chosen[0]) if len(chosen) == 1 else None
        if len(chosen) > MOST_TAKEN:
            self._notices.show_too_many(MOST_TAKEN)
        elif one is not None:
            read = partial(read_picture, one.path)
            self._tasks.submit(read, self._copy, self._notices.show_error, priority=1)
        else:
            data = pictures.mimeData([pictures.index(row) for row in self._page.grid.selected_rows()])
            self._awaited = chosen if len(data.urls()) < len(chosen) else ()
            if not self._awaited:
                QGuiApplication.clipboard().setMimeData(data)

    @Slot()
    def _on_rows_known(self) -> None:
        if self._awaited and self._awaited == self._page.selected_ids:
            self.copy_pictures()

    def copy_recipe(self, details: PictureDetails | None) -> None:
        if details is not None and details.recipe is not None:
            QGuiApplication.clipboard().setText(recipe_text(details.recipe))
            self._notices.show_copied()
        else:
            self._notices.show_no_recipe()
