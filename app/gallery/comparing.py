"""Comparing pictures of the gallery: they are read, then laid against each other in the place of the grid."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QSize, Signal, Slot

from app.compare.compare_view import CompareView
from app.compare.compared_picture import ComparedPicture
from app.session.background import BackgroundTasks
from app.session.picture_loader import QUEUE, OpenedPicture, read_picture
from core.errors import EmulsionError
from core.gallery.query import LibraryPicture
from core.language.words import tr
from core.recipes.differences import differences
from core.recipes.recipe import Recipe

LONGEST_NAME = 60


class Comparing(QObject):
    """Fills the comparison.

    Signals:
        ready: all pictures are in the view.
    """

    ready = Signal()

    def __init__(
        self,
        view: CompareView,
        background: BackgroundTasks,
        refuse: Callable[[EmulsionError], object],
        parent: QObject,
    ) -> None:
        """``refuse`` gets the error when one of the pictures cannot be read."""
        super().__init__(parent)
        self._view = view
        self._refuse = refuse
        self._tasks = background.queue(self, QUEUE)
        self._wanted: tuple[LibraryPicture, ...] = ()
        self._read: dict[int, OpenedPicture] = {}
        view.swap_asked.connect(self._swap)

    def compare(self, pictures: tuple[LibraryPicture, ...]) -> None:
        """Two to four, in this order."""
        self._wanted = pictures
        self._read = {}
        self._tasks.cancel()
        for picture in pictures:
            read, take = partial(read_picture, picture.path), partial(self._take, picture)
            self._tasks.submit(read, take, self._refuse, priority=1)

    def _take(self, picture: LibraryPicture, whole: OpenedPicture) -> None:
        self._read[picture.id] = whole
        if len(self._read) == len(self._wanted):
            self._show()
            self.ready.emit()

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


def _differences(whole: list[OpenedPicture]) -> str:
    """Returns how the others' settings differ from A's: a sentence for one, a line for each of several."""
    first, *others = (one.recipe for one in whole)
    if len(others) == 1:
        found = _between(first, others[0])
        return (
            tr("One of them does not say how it was made")
            if found is None
            else found or tr("Made with the same settings")
        )
    lines = zip("BCD", (_between(first, other) for other in others), strict=False)
    return "\n".join(f"{letter}: {found or 'same settings as A'}" for letter, found in lines if found is not None)


def _between(first: Recipe | None, second: Recipe | None) -> str | None:
    """Returns the differences in words, None where one of the pictures tells no settings."""
    if first is None or second is None:
        return None
    return " · ".join(map(str, differences(first.request, second.request, first.untold | second.untold)))


def _name(picture: LibraryPicture) -> str:
    words = " ".join(picture.prompt.split()) or picture.path.stem
    return words if len(words) <= LONGEST_NAME else words[: LONGEST_NAME - 1] + "…"
