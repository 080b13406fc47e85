"""The list of pictures that a query found: their ids, and what is known of those near to what is seen."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelection,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QUrl,
    Signal,
    Slot,
)
from PySide6.QtGui import QImage

from app.gallery.library_reader import LibraryReader
from app.gallery.stacked_rows import Stacked, StackedRows
from app.gallery.thumbnail_service import ThumbnailService
from core.gallery.query import Answer, LibraryPicture, Section
from core.gallery.thumbnails import SIZES_PX
from core.language.words import plural, tr

Index = QModelIndex | QPersistentModelIndex

MOST_ROWS = 6_000
"""Pictures whose row is in memory."""

MOST_TAKEN = 5_000
"""Pictures that can be dragged or copied at once: all must be known, with some room for what is shown."""

AT_ONCE = 200
MARGIN = 60
"""Rows before and after what is seen, which are loaded as well."""

ALONE = Stacked()

_NOWHERE = QModelIndex()
_NONE = np.empty(0, np.int64)


class PictureList(QAbstractListModel):
    """Holds 8 bytes for each picture; asks for more when a view says what it shows.

    Attributes:
        ids: int64 (rows,), in order; of a closed stack only the cover.
        sections: groups of the rows, () for none.

    Signals:
        rows_known: more rows are known, or known better.
    """

    rows_known = Signal()

    def __init__(self, reader: LibraryReader, thumbnails: ThumbnailService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self._thumbnails = thumbnails
        self._shown = StackedRows(Answer(_NONE))
        self._opened: set[int] = set()
        self._known: OrderedDict[int, LibraryPicture] = OrderedDict()
        self._asked: set[int] = set()
        self._rows: dict[int, int] = {}
        self._seen = range(0)
        self._size_px = SIZES_PX[1]
        reader.rows_loaded.connect(self._on_rows_loaded)
        thumbnails.loaded.connect(self._on_loaded)

    @property
    def ids(self) -> NDArray[np.int64]:
        return self._shown.ids

    @property
    def sections(self) -> tuple[Section, ...]:
        return self._shown.sections

    @property
    def count(self) -> int:
        """Returns the number of pictures, also of those in closed stacks."""
        return self._shown.answer.count

    def show_answer(self, answer: Answer) -> None:
        """Puts up other pictures; the same ones again change nothing."""
        before = self._shown.answer
        heads, heads_before = (_NONE if one.heads is None else one.heads for one in (answer, before))
        is_same = np.array_equal(before.ids, answer.ids) and np.array_equal(heads_before, heads)
        if before.sections != answer.sections or not is_same:
            self._show(answer)

    def toggle_stack(self, row: int) -> None:
        """Opens the stack of a row in its place, or closes it."""
        members = self._shown.members(row).tolist()
        if self._shown.stack(row).is_open:
            self._opened.difference_update(members)
        else:
            self._opened.update(members)
        self._show(self._shown.answer)

    def alone(self, rows: Sequence[int]) -> NDArray[np.int64]:
        """Returns the pictures of those rows that stand for one picture."""
        return self._shown.alone(rows)

    def open_around(self, numbers: NDArray[np.int64]) -> None:
        """Opens the closed stacks that would stand for more than these pictures."""
        if members := self._shown.partly(numbers).tolist():
            self._opened.update(members)
            self._show(self._shown.answer)

    def stack(self, row: int) -> Stacked:
        """Returns the stack of a row; of one that has just gone, none."""
        return self._shown.stack(row) if 0 <= row < len(self.ids) else ALONE

    def pictures_of(self, rows: Sequence[int]) -> tuple[int, ...]:
        """Returns the pictures that rows stand for, a closed stack for all of its own; none twice."""
        return tuple(dict.fromkeys(self._shown.pictures_of(rows).tolist()))

    def _show(self, answer: Answer) -> None:
        self.beginResetModel()
        self._shown = StackedRows(answer, self._opened)
        self._seen = range(0)
        self._rows.clear()
        self._asked.clear()
        self.endResetModel()

    def forget(self, pictures: Iterable[int]) -> None:
        """Has facts about these pictures loaded again, as far as anybody wants to know them.

        An answer on its way counts for nothing: it may have been read before what has changed since.
        """
        wanted = self._known.keys() | self._asked | set(self._near())
        outdated = [number for number in pictures if number in wanted]
        self._asked.difference_update(outdated)
        self._ask(outdated)

    def forget_all(self) -> None:
        """The library has changed; what is shown stays until it is known better."""
        seen = [int(number) for number in self.ids[self._seen.start : self._seen.stop]]
        self._known = OrderedDict((number, self._known[number]) for number in seen if number in self._known)
        asked, self._asked = self._asked, set()
        self._ask({*seen, *asked})

    def show_range(self, first: int, last: int, size_px: int) -> None:
        """A view shows these rows, both included, in cells of ``size_px`` device pixels."""
        self._seen = range(max(first, 0), min(last + 1, len(self.ids)))
        self._size_px = next((size for size in SIZES_PX if size >= size_px), SIZES_PX[-1])
        unknown = tuple(number for number in self._near() if number not in self._known)
        if unknown:
            self._reader.load_passing(unknown)
        self._want_thumbnails()

    def load(self, rows: Iterable[int]) -> None:
        """Makes known what is not yet known of the pictures of these rows, for what is to be done with them."""
        numbers = self.pictures_of(list(rows))
        self._ask(number for number in numbers if number not in self._known)

    def picture(self, row: int) -> LibraryPicture | None:
        """Returns the facts about a row; None until they are loaded."""
        return self._known.get(int(self.ids[row])) if 0 <= row < len(self.ids) else None

    def known(self, number: int) -> LibraryPicture | None:
        """Returns the facts about a picture by its id."""
        return self._known.get(number)

    def thumbnail(self, row: int) -> QImage | None:
        """None until it is made, null when the file cannot be read."""
        picture = self.picture(row)
        return self._thumbnails.find(picture, self._size_px) if picture else None

    def row_of(self, number: int) -> int | None:
        """Returns the first row with this picture, or with the closed stack that it is in."""
        found = self._shown.rows_of(np.array([number]))
        return int(found[0]) if len(found) else None

    def rows_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Returns all rows that stand for some of these pictures, rising."""
        return self._shown.rows_of(numbers)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.ids)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        picture = self.picture(index.row()) if index.isValid() else None
        if picture is None:
            return None
        match role:
            case Qt.ItemDataRole.AccessibleTextRole:
                return accessible_text(picture, self.stack(index.row()))
            case Qt.ItemDataRole.ToolTipRole:
                size, factor = picture.size.words, picture.enlarged
                told = tr("{size} pixels, enlarged {factor:g} times", size=size, factor=factor)
                return picture.problem or (told if picture.enlarged else None)
            case _:
                return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        enabled = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled
        return enabled if index.isValid() else Qt.ItemFlag.NoItemFlags

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        pictures = (self.known(number) for number in self.pictures_of([index.row() for index in indexes]))
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(picture.path)) for picture in pictures if picture])
        return data

    def selection_of(self, rows: Sequence[int]) -> QItemSelection:
        """Returns a selection of these rows, which rise, without an object for each of a hundred thousand."""
        selection = QItemSelection()
        start = 0
        for place in range(1, len(rows) + 1):
            if place == len(rows) or rows[place] != rows[place - 1] + 1:
                selection.select(self.index(rows[start]), self.index(rows[place - 1]))
                start = place
        return selection

    def _near(self) -> list[int]:
        """Returns the pictures that are seen, and those around them."""
        return self.ids[max(self._seen.start - MARGIN, 0) : self._seen.stop + MARGIN].tolist()

    def _ask(self, numbers: Iterable[int]) -> None:
        new = [number for number in numbers if number not in self._asked]
        self._asked.update(new)
        for start in range(0, len(new), AT_ONCE):
            self._reader.load_rows(tuple(new[start : start + AT_ONCE]))

    def _want_thumbnails(self) -> None:
        self._rows = {int(self.ids[row]): row for row in self._seen}
        after = range(self._seen.stop, min(self._seen.stop + MARGIN, len(self.ids)))
        before = range(max(self._seen.start - MARGIN, 0), self._seen.start)
        pictures = (self.picture(row) for rows in (self._seen, after, before) for row in rows)
        self._thumbnails.want([picture for picture in pictures if picture], self._size_px)

    @Slot(object)
    def _on_rows_loaded(self, pictures: tuple[LibraryPicture, ...]) -> None:
        for picture in pictures:
            self._asked.discard(picture.id)
            self._known[picture.id] = picture
            self._known.move_to_end(picture.id)
        while len(self._known) > MOST_ROWS:
            self._known.popitem(last=False)
        if self._seen:
            self._want_thumbnails()
            self.dataChanged.emit(self.index(self._seen.start), self.index(self._seen.stop - 1))
        self.rows_known.emit()

    @Slot(object)
    def _on_loaded(self, number: int) -> None:
        row = self._rows.get(number)
        if row is not None:
            self.dataChanged.emit(self.index(row), self.index(row))


def row_ranges(selection: QItemSelection) -> list[range]:
    """Returns the rows of a selection, rising."""
    parts = (selection.at(place) for place in range(selection.count()))
    return sorted((range(part.top(), part.bottom() + 1) for part in parts), key=lambda rows: rows.start)


def accessible_text(picture: LibraryPicture, stack: Stacked = ALONE) -> str:
    """Returns a picture's prompt and marks, for screen readers."""
    words = [picture.prompt[:200] or picture.path.stem]
    if stack.count > 1:
        words.insert(0, stack_text(stack))
    if picture.rating:
        words.append(tr("{rating} of 5 stars", rating=picture.rating))
    if picture.is_favourite:
        words.append(tr("favourite"))
    if picture.enlarged:
        words.append(tr("enlarged {factor:g} times", factor=picture.enlarged))
    if picture.has_film:
        words.append(tr("has a film"))
    return ", ".join(words)


def stack_text(stack: Stacked) -> str:
    """Returns the stack in words, for titles and screen readers."""
    if stack.is_open:
        return plural("In an open stack of 1 picture", "In an open stack of {count:,} pictures", stack.count)
    return plural("Stack of 1 picture", "Stack of {count:,} pictures", stack.count)
