"""The table of a grid: a cell for each picture, which shows it while it develops and when it is finished."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
)

from app.widgets.building import named
from core.grid.grid import Grid
from core.language.words import tr

SMALLEST_PX, LARGEST_PX, GAP_PX = 64, 256, 8
LONGEST_LABEL = 60
NUMBER = int(Qt.ItemDataRole.UserRole)
PICTURE = NUMBER + 1


class GridTable(QTableWidget):
    """Rows are the values of Y; columns those of X, once for each value of Z.

    Signals:
        chosen(int): the user asks for the picture of this number.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        named(self, "gridTable", tr("Pictures of the grid"))
        self._grid: Grid | None = None
        self._items: dict[int, QTableWidgetItem] = {}
        self._labels: list[tuple[str, ...]] = []
        self.setItemDelegate(_PictureCell(self))
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setCornerButtonEnabled(False)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setHighlightSections(False)
            header.setMinimumSectionSize(SMALLEST_PX)
        self.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignCenter | Qt.AlignmentFlag(Qt.TextFlag.TextWordWrap)
        )
        self.setHorizontalScrollMode(QTableWidget.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QTableWidget.ScrollMode.ScrollPerPixel)
        self.cellClicked.connect(self._on_cell_clicked)

    def show_grid(self, grid: Grid) -> None:
        """Shows empty cells with the labels of a grid."""
        self._grid, self._items = grid, {}
        self._labels = [axis.labels for axis in grid.axes]
        (columns, rows, sheets), (across, down, above) = grid.size, self._labels
        x, y, z = grid.axes
        self.clear()
        self.setRowCount(rows)
        self.setColumnCount(columns * sheets)
        self.setVerticalHeaderLabels([_short(label) for label in down])
        self.setHorizontalHeaderLabels(
            ["\n".join(filter(None, (_short(first), _short(second)))) for first in above for second in across]
        )
        self.verticalHeader().setVisible(bool(y.kind))
        self.horizontalHeader().setVisible(bool(x.kind or z.kind))
        for number in range(grid.count):
            column, row, sheet = grid.place(number)
            item = self._items[number] = QTableWidgetItem()
            item.setData(NUMBER, number)
            self.setItem(row, sheet * columns + column, item)
            self._describe(item, number, tr("not made yet"))
        self._fit()

    def show_picture(self, number: int, image: QImage, *, is_finished: bool) -> None:
        """Shows a picture in its cell, the finished one or how far it is."""
        item = self._items.get(number)
        if item is None:
            return
        side = QSize(LARGEST_PX, LARGEST_PX)
        if image.width() > LARGEST_PX or image.height() > LARGEST_PX:
            ratio, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            image = image.scaled(side, ratio, smooth)
        item.setData(PICTURE, image)
        self._describe(item, number, tr("finished") if is_finished else tr("in progress"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if event.key() in keys and item is not None:  # pyright: ignore[reportUnnecessaryComparison]
            self.chosen.emit(item.data(NUMBER))
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _describe(self, item: QTableWidgetItem, number: int, state: str) -> None:
        assert self._grid is not None
        places = zip(self._labels, self._grid.place(number), strict=True)
        labels = [label for label in (each[at] for each, at in places) if label]
        words = tr("{labels}: {state}", labels=", ".join(labels), state=state)
        item.setToolTip(words[:1000])
        item.setData(Qt.ItemDataRole.AccessibleTextRole, words)

    def _fit(self) -> None:
        """Makes the cells as large as they all fit, within limits."""
        if self._grid is None or not self.columnCount() or not self.rowCount():
            return
        room = self.viewport().size()
        fitting = min(room.width() // self.columnCount(), room.height() // self.rowCount())
        side = max(SMALLEST_PX, min(fitting, LARGEST_PX + GAP_PX))
        self.horizontalHeader().setDefaultSectionSize(side)
        self.verticalHeader().setDefaultSectionSize(side)

    @Slot(int, int)
    def _on_cell_clicked(self, row: int, column: int) -> None:
        item = self.item(row, column)
        if item is not None:  # pyright: ignore[reportUnnecessaryComparison]
            self.chosen.emit(item.data(NUMBER))


def _short(label: str) -> str:
    """Returns what has room above a column; the tooltips of its cells have the rest."""
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"


class _PictureCell(QStyledItemDelegate):
    """Draws a picture as large as its cell allows, and a frame around the chosen one."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        palette: QPalette = option.palette  # pyright: ignore[reportAttributeAccessIssue]
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        cell: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]
        half = GAP_PX // 2
        room = cell.adjusted(half, half, -half, -half)
        image = index.data(PICTURE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if isinstance(image, QImage):
            size = image.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(QPoint(), size)
            place.moveCenter(room.center())
            painter.drawImage(place, image)
        else:
            painter.fillRect(room, palette.midlight())
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(palette.highlight().color(), half))
            painter.drawRect(room)
        painter.restore()
