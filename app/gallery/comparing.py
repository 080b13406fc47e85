"""Comparing pictures of the gallery: they are read, then laid against each other in the place of the grid."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QSize, Signal, Slot

from app.compare.compare_view import CompareView
from app.compare.compared_picture import ComparedPicture
from app.gallery.picture_reader import PictureReader, WholePicture
from app.messages.errors import Message
from core.gallery.query import LibraryPicture
from core.recipes.differences import differences

FEWEST, MOST = 2, 4
LONGEST_NAME = 60


class Comparing(QObject):
    """Fills the comparison.

    Signals:
        ready: all pictures are in the view.
        failed: a `Message`: one of them cannot be read.
    """

    ready = Signal()
    failed = Signal(object)

    def __init__(self, view: CompareView, reader: PictureReader, parent: QObject) -> None:
        super().__init__(parent)
        self._view = view
        self._reader = reader
        self._wanted: tuple[LibraryPicture, ...] = ()
        self._read: dict[int, WholePicture] = {}
        view.swap_asked.connect(self._swap)

    def compare(self, pictures: tuple[LibraryPicture, ...]) -> None:
        """Two to four, in this order."""
        self._wanted = pictures
        self._read = {}
        for picture in pictures:
            self._reader.read(picture.path, partial(self._take, pictures, picture), self._refuse, priority=1)

    def _take(self, wanted: tuple[LibraryPicture, ...], picture: LibraryPicture, whole: WholePicture) -> None:
        if wanted is self._wanted:
            self._read[picture.id] = whole
            if len(self._read) == len(wanted):
                self._show()
                self.ready.emit()

    def _refuse(self, text: Message) -> None:
        self.failed.emit(text)

    @Slot()
    def _swap(self) -> None:
        if self._wanted and len(self._read) == len(self._wanted):
            self._wanted = (*self._wanted[1:], self._wanted[0])
            self._show()

    def _show(self) -> None:
        whole = [self._read[picture.id] for picture in self._wanted]
        self._view.show_pictures(
            [
                ComparedPicture(one.image, QSize(one.image.size()), _name(picture))
                for picture, one in zip(self._wanted, whole, strict=True)
            ]
        )
        self._view.describe(_differences(whole))


def _differences(whole: list[WholePicture]) -> str:
    recipes = [one.recipe for one in whole]
    first = recipes[0]
    if first is None or len(recipes) > FEWEST:
        parts: list[str] = []
        for letter, other in zip("BCD", recipes[1:], strict=False):
            if first is not None and other is not None:
                found = " · ".join(map(str, differences(first.request, other.request)))
                parts.append(f"{letter}: {found or 'same settings as A'}")
        return "\n".join(parts)
    second = recipes[1]
    if second is None:
        return "One of them does not say how it was made"
    return " · ".join(map(str, differences(first.request, second.request))) or "Made with the same settings"


def _name(picture: LibraryPicture) -> str:
    words = " ".join(picture.prompt.split()) or picture.path.stem
    return words if len(words) <= LONGEST_NAME else words[: LONGEST_NAME - 1] + "…"
