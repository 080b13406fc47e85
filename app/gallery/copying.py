"""Puts pictures and recipes into the clipboard."""

from functools import partial

from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QGuiApplication

from app.gallery.library_notices import LibraryNotices
from app.gallery.library_reader import PictureDetails
from app.gallery.page import GalleryPage
from app.gallery.picture_list import MOST_TAKEN
from app.gallery.recipe_fields import recipe_text
from app.gallery.whole_picture import QUEUE, WholePicture, read_whole
from app.messages.errors import message
from app.session.background import BackgroundTasks
from core.errors import EmulsionError
from core.gallery.query import LibraryPicture


class Copying:
    """Copies what is chosen."""

    def __init__(self, page: GalleryPage, background: BackgroundTasks, notices: LibraryNotices) -> None:
        self._page = page
        self._tasks = background.queue(page, QUEUE)
        self._notices = notices

    def copy_pictures(self, current: LibraryPicture | None) -> None:
        """The files, and the pixels too when only ``current`` is chosen."""
        page = self._page
        rows = page.grid.selected_rows()
        if len(rows) > MOST_TAKEN:
            self._notices.show_too_many(MOST_TAKEN)
        elif len(rows) == 1 and current is not None:
            self._tasks.submit(partial(read_whole, current.path), _copy, self._refuse, priority=1)
        else:
            data = page.pictures.mimeData([page.pictures.index(row) for row in rows])
            QGuiApplication.clipboard().setMimeData(data)

    def copy_recipe(self, details: PictureDetails | None) -> None:
        if details is not None and details.recipe is not None:
            QGuiApplication.clipboard().setText(recipe_text(details.recipe))
            self._notices.show_copied()
        else:
            self._notices.show_no_recipe()

    def _refuse(self, error: EmulsionError) -> None:
        self._notices.show_failure(message(error))


def _copy(whole: WholePicture) -> None:
    data = QMimeData()
    data.setImageData(whole.image)
    data.setUrls([QUrl.fromLocalFile(str(whole.path))])
    QGuiApplication.clipboard().setMimeData(data)
