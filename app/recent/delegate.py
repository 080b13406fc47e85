"""Paints a recent picture in the strip: its thumbnail with rounded corners, with a ring if selected."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPalette, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.recent.model import THUMBNAIL_ROLE

INSET_PX = 4
RADIUS_PX = 6


class ThumbnailDelegate(QStyledItemDelegate):
    """Paints the middle square of each thumbnail, as large as the view's grid."""

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
            painter.drawImage(area, thumbnail, _middle_square(thumbnail))
        elif isinstance(thumbnail, QImage):
            painter.setPen(palette.placeholderText().color())
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, "cannot be\nread")
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


def _middle_square(image: QImage) -> QRectF:
    length = min(image.width(), image.height())
    return QRectF((image.width() - length) / 2, (image.height() - length) / 2, length, length)
