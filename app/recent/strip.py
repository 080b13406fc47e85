"""The strip of recent pictures at the right, newest first, and its grid of thumbnails."""

from pathlib import Path

from PySide6.QtCore import (
    QItemSelection,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRectF,
    QSize,
    QSizeF,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPalette,
    QPen,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QListView, QStackedLayout, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.canvas.overlay import paint_badge
from app.recent.model import THUMBNAIL_ROLE, RecentPictures
from app.session.picture_loader import BADGE
from app.widgets.building import stretched, text_label, vbox
from core.language.words import tr

INSET_PX = 4
RADIUS_PX = 6
SMALLEST_CELL_PX = 104


class RecentStrip(QWidget):
    """The list with its heading, or what to do while there is none.

    Signals:
        chosen: `Path` of the picture that was clicked or reached by the keyboard.
        activated: `Path` of the picture that was double clicked, or chosen with Return.
        menu_asked: `Path` and where on the screen. delete_asked: `Path`, by the Delete key.
    """

    chosen = Signal(object)
    activated = Signal(object)
    menu_asked = Signal(object, QPoint)
    delete_asked = Signal(object)

    def __init__(self, model: RecentPictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        heading = text_label(tr("Recent pictures"), role="caption", wraps=True)
        self._list = ThumbnailGrid(model)
        self._list.selectionModel().selectionChanged.connect(self._choose)
        self._list.activated.connect(self._activate)
        self._list.customContextMenuRequested.connect(self._on_custom_context_menu_requested)
        in_list = Qt.ShortcutContext.WidgetShortcut
        QShortcut(QKeySequence(Qt.Key.Key_Delete), self._list, self._on_delete, context=in_list)
        about = tr("Finished pictures appear here and are saved at once.")
        self._empty = text_label(about, self, role="hint", wraps=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._pages = QStackedLayout()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._list)
        vbox(heading, stretched(self._pages), on=self, spacing=8)
        for signal in (model.rowsInserted, model.rowsRemoved):
            signal.connect(self._show_page)
        self._show_page()

    def forget_choice(self) -> None:
        """No picture is chosen: the canvas shows something else."""
        self._list.clearSelection()

    def _show_page(self) -> None:
        self._pages.setCurrentWidget(self._list if self._model.rowCount() else self._empty)

    def _choose(self, selected: QItemSelection, _deselected: QItemSelection) -> None:
        indexes = selected.indexes()
        if indexes:
            self.chosen.emit(self._model.path(indexes[0].row()))

    def _activate(self, index: QModelIndex) -> None:
        self.activated.emit(self._model.path(index.row()))

    def _on_delete(self) -> None:
        if (index := self._list.currentIndex()).isValid():
            self.delete_asked.emit(self._model.path(index.row()))

    def _on_custom_context_menu_requested(self, position: QPoint) -> None:
        index = self._list.indexAt(position)
        if index.isValid():
            path: Path = self._model.path(index.row())
            self.menu_asked.emit(path, self._list.viewport().mapToGlobal(position))


class ThumbnailDelegate(QStyledItemDelegate):
    """Paints each thumbnail whole in its cell, as large as the view's grid."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return self._view.gridSize()

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        palette: QPalette = option.palette  # pyright: ignore[reportAttributeAccessIssue]
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        cell = QRectF(option.rect)  # pyright: ignore[reportAttributeAccessIssue]
        area = cell.adjusted(INSET_PX, INSET_PX, -INSET_PX, -INSET_PX)
        rounded = QPainterPath()
        rounded.addRoundedRect(area, RADIUS_PX, RADIUS_PX)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.setClipPath(rounded)
        painter.fillPath(rounded, palette.midlight())
        thumbnail = index.data(THUMBNAIL_ROLE)
        if isinstance(thumbnail, QImage) and not thumbnail.isNull():
            painter.drawImage(_fitted(thumbnail, area), thumbnail)
            if badge := thumbnail.text(BADGE):
                paint_badge(painter, area.topLeft() + QPointF(INSET_PX, INSET_PX), badge)
        elif isinstance(thumbnail, QImage):
            painter.setPen(palette.placeholderText().color())
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, tr("cannot be\nread"))
        painter.setClipping(False)
        ring = _ring(state, palette)
        if ring is not None:
            painter.setPen(ring)
            painter.drawRoundedRect(area, RADIUS_PX, RADIUS_PX)
        painter.restore()


def _ring(state: QStyle.StateFlag, palette: QPalette) -> QPen | None:
    if state & QStyle.StateFlag.State_Selected:
        return QPen(palette.accent().color(), 2)
    if state & QStyle.StateFlag.State_HasFocus:
        return QPen(palette.text().color(), 1, Qt.PenStyle.DotLine)
    if state & QStyle.StateFlag.State_MouseOver:
        return QPen(QColor(palette.placeholderText().color()), 1)
    return None


def _fitted(image: QImage, area: QRectF) -> QRectF:
    """Returns the middle of an area in the shape of the picture."""
    shown = QRectF(QPointF(), QSizeF(image.size()).scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio))
    shown.moveCenter(area.center())
    return shown


class ThumbnailGrid(QListView):
    """Pictures can be chosen, opened and dragged out."""

    def __init__(self, model: RecentPictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recentView")
        self.setAccessibleName(tr("Recent pictures"))
        self.setModel(model)
        self.setItemDelegate(ThumbnailDelegate(self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setDragDropMode(QListView.DragDropMode.DragOnly)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The right button asks for the menu of a picture, which need not be opened for that."""
        if event.button() is not Qt.MouseButton.RightButton:
            super().mousePressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        # with room for the scroll bar, whether it is there or not: otherwise showing it could hide itself
        room_px = self.width() - 2 * self.frameWidth() - self.verticalScrollBar().sizeHint().width() - 1
        columns = max(room_px // SMALLEST_CELL_PX, 1)
        cell_px = max(room_px // columns, SMALLEST_CELL_PX)
        self.setGridSize(QSize(cell_px, cell_px))
        super().resizeEvent(event)
