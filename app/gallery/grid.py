"""The grid of pictures: an item view over `PictureList` whose layout costs the same for ten and for a million."""

from collections.abc import Sequence

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QWidget

from app.gallery.cell import Cell, paint_cell, paint_heading, paint_rubber_band, stack_badge
from app.gallery.grid_drag import drag
from app.gallery.grid_layout import GridLayout, Move
from app.gallery.hover_film import HoverFilm
from app.gallery.picture_list import PictureList, row_ranges
from app.widgets import icons
from core.language.words import tr

Index = QModelIndex | QPersistentModelIndex

CELLS_PX = range(96, 513, 32)
FIRST_CELL_PX = 192
SETTLE_MS = 30
FILM_ICON_PX = 16


class PictureGrid(QAbstractItemView):
    """Keys: arrows, Home, End, Page up and down, Shift and Ctrl to choose several, Return to open.

    Signals:
        stack_clicked: the row of a cover whose number of pictures was clicked.
        key_pressed: a `QKeyEvent` that the grid has no use for itself; accept it to keep it.
    """

    key_pressed = Signal(object)
    stack_clicked = Signal(int)

    def __init__(self, pictures: PictureList, films: HoverFilm, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures = pictures
        self._films = films
        self._wished_px = FIRST_CELL_PX
        self._layout = GridLayout(0, (), 1, FIRST_CELL_PX)
        self._anchor = 0
        self._hovered = -1
        self._band = QRect()
        self._film_icon = icons.pixmap("film", "#ffffff", FILM_ICON_PX, self.devicePixelRatioF())
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._tell_range)
        self.setObjectName("galleryView")
        self.setAccessibleName(tr("Pictures"))
        self.setModel(pictures)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.verticalScrollBar().valueChanged.connect(self._tell_range_soon)
        films.frame_shown.connect(self._update_hovered)

    def set_cell_px(self, cell_px: int) -> None:
        """Larger or smaller cells; what is current stays in sight."""
        if cell_px != self._wished_px:
            anchor = self.currentIndex() if self.currentIndex().isValid() else self._first_seen()
            self._wished_px = cell_px
            self._lay_out()
            if anchor.isValid():
                self.scrollTo(anchor, QAbstractItemView.ScrollHint.PositionAtCenter)

    def selected_rows(self) -> list[int]:
        """Rising."""
        return [row for rows in row_ranges(self.selectionModel().selection()) for row in rows]

    def selected_count(self) -> int:
        return sum(len(rows) for rows in row_ranges(self.selectionModel().selection()))

    def select_rows(self, rows: list[int], current: int | None) -> None:
        """Chooses these rows, which rise."""
        flags = QItemSelectionModel.SelectionFlag
        if current is not None:
            self.selectionModel().setCurrentIndex(self._pictures.index(current), flags.NoUpdate)
            self._anchor = current
        self.selectionModel().select(self._pictures.selection_of(rows), flags.ClearAndSelect)

    def visualRect(self, index: Index) -> QRect:
        return self._layout.rect(index.row()).translated(0, -self.verticalOffset()) if index.isValid() else QRect()

    def indexAt(self, point: QPoint) -> QModelIndex:
        row = self._layout.row_at(point.x(), point.y() + self.verticalOffset())
        return QModelIndex() if row is None else self._pictures.index(row)

    def scrollTo(self, index: Index, hint: QAbstractItemView.ScrollHint | None = None) -> None:
        rect = self.visualRect(index)
        bar, height = self.verticalScrollBar(), self.viewport().height()
        if hint is QAbstractItemView.ScrollHint.PositionAtCenter:
            bar.setValue(bar.value() + rect.center().y() - height // 2)
        elif rect.top() < 0:
            bar.setValue(bar.value() + rect.top() - 48)  # with its heading
        elif rect.bottom() > height:
            bar.setValue(bar.value() + rect.bottom() - height + 16)

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, _index: Index) -> bool:
        return False

    def moveCursor(self, action: Move, _modifiers: Qt.KeyboardModifier) -> QModelIndex:
        count = self._pictures.rowCount()
        if count == 0:
            return QModelIndex()
        row = self.currentIndex().row()
        if row < 0:
            return self._pictures.index(0)
        return self._pictures.index(self._layout.moved(row, action, self.viewport().height()))

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """A rubber band chooses what it touches; Shift chooses all from the anchor to the current picture."""
        rows: Sequence[int] = range(0)
        if self.state() is QAbstractItemView.State.DragSelectingState:
            self._band = rect
            rows = sorted(self._layout.rows_in(rect.translated(0, self.verticalOffset())))
            self.viewport().update()
        elif (row := self.currentIndex().row()) >= 0:
            first = self._anchor if command & QItemSelectionModel.SelectionFlag.Current else row
            rows = range(min(first, row), max(first, row) + 1)
        self.selectionModel().select(self._pictures.selection_of(rows), command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """Only what is in sight: there may be a hundred thousand."""
        seen, region = self._seen(), QRegion()
        for rows in row_ranges(selection):
            for row in range(max(rows.start, seen.start), min(rows.stop, seen.stop)):
                region = region.united(self.visualRect(self._pictures.index(row)).adjusted(-4, -4, 4, 4))
        return region

    def currentChanged(self, current: Index, previous: Index) -> None:
        if not QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._anchor = max(current.row(), 0)
        super().currentChanged(current, previous)
        self.viewport().update()

    def reset(self) -> None:
        super().reset()
        self._hovered = -1
        self._films.leave()
        self._lay_out()

    def updateGeometries(self) -> None:
        bar = self.verticalScrollBar()
        bar.setRange(0, max(self._layout.height_px - self.viewport().height(), 0))
        bar.setEnabled(bar.maximum() > 0)  # else its handle is not painted; its room stays, so that nothing moves
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(max(self._layout.pitch_px // 3, 1))
        super().updateGeometries()

    def resizeEvent(self, event: QResizeEvent) -> None:
        first = self._first_seen()
        is_wider = event.size().width() != event.oldSize().width()
        self._lay_out()
        if is_wider and first.isValid() and self.verticalOffset() > 0:
            self.verticalScrollBar().setValue(self._layout.rect(first.row()).top() - 48)
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        offset, palette = self.verticalOffset(), self.palette()
        area = event.rect().translated(0, offset)
        for section, rect in self._layout.headings_between(area.top(), area.bottom()):
            paint_heading(painter, rect.translated(0, -offset), section, palette)
        current = self.currentIndex().row() if self.hasFocus() else -1
        selection = self.selectionModel()
        for row in self._layout.rows_in(area.adjusted(-4, -4, 4, 4)):
            film = self._films.shown if row == self._hovered else None
            cell = Cell(
                picture=self._pictures.picture(row),
                thumbnail=film.image if film else self._pictures.thumbnail(row),
                stack=self._pictures.stack(row),
                film_icon=self._film_icon,
                is_selected=selection.isSelected(self._pictures.index(row)),
                is_current=row == current,
                is_hovered=row == self._hovered,
                progress=film.progress if film else None,
            )
            paint_cell(painter, QRectF(self._layout.rect(row).translated(0, -offset)), cell, palette)
        if self.state() is QAbstractItemView.State.DragSelectingState and not self._band.isNull():
            paint_rubber_band(painter, self._band, palette)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Leave:
            self._hover(-1)
        if isinstance(event, QMouseEvent) and (row := self._stack_at(event)) is not None:
            self.stack_clicked.emit(row)
            return True
        return super().viewportEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.indexAt(event.position().toPoint()).row())
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._band = QRect()
        super().mouseReleaseEvent(event)
        self.viewport().update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.ShortcutOverride:
            event.ignore()
            self.key_pressed.emit(event)  # who takes a key here gets it before the window's menus do
            if event.isAccepted():
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()
        self.key_pressed.emit(event)
        if not event.isAccepted():
            event.accept()
            super().keyPressEvent(event)

    def startDrag(self, _actions: Qt.DropAction) -> None:
        drag(self, self._pictures, self.selected_rows(), self.currentIndex().row())

    def _stack_at(self, event: QMouseEvent) -> int | None:
        """Returns the row of the cover whose number of pictures is pressed."""
        index = self.indexAt(event.position().toPoint())
        is_press = event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)
        if not (index.isValid() and is_press and event.button() is Qt.MouseButton.LeftButton):
            return None
        stack = self._pictures.stack(index.row())
        is_hit = stack_badge(QRectF(self.visualRect(index)), stack).contains(event.position())
        return index.row() if is_hit and stack.is_cover and stack.count > 1 else None

    def _seen(self) -> range:
        offset = self.verticalOffset()
        return self._layout.rows_between(offset, offset + self.viewport().height())

    def _first_seen(self) -> QModelIndex:
        seen = self._seen()
        return self._pictures.index(seen.start) if seen else QModelIndex()

    def _lay_out(self) -> None:
        self._layout = GridLayout(
            self._pictures.rowCount(), self._pictures.sections, self.viewport().width(), self._wished_px
        )
        self.updateGeometries()
        self.viewport().update()
        self._tell_range_soon()

    @Slot()
    def _tell_range_soon(self) -> None:
        if not self._settle.isActive():  # starting it again would load nothing while one scrolls
            self._settle.start()

    @Slot()
    def _tell_range(self) -> None:
        seen = self._seen()
        if seen:
            size_px = round(self._layout.cell_px * self.devicePixelRatioF())
            self._pictures.show_range(seen.start, seen.stop - 1, size_px)

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            for other in (self._hovered, row):
                if other >= 0:
                    self.viewport().update(self.visualRect(self._pictures.index(other)).adjusted(-2, -2, 2, 2))
            self._hovered = row
            self._films.enter(self._pictures.picture(row) if row >= 0 else None)

    @Slot()
    def _update_hovered(self) -> None:
        if self._hovered >= 0:
            self.viewport().update(self.visualRect(self._pictures.index(self._hovered)))
