"""Paints a run in the tree of branches: its line from noise to picture, the picture, and text."""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPalette, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.branches.model import ROW_ROLE, BranchRow, Lane

Index = QModelIndex | QPersistentModelIndex

ROW_PX = 56
PICTURE_PX = 44
MARGIN_PX = 16
GAP_PX = 12
_SHORTEST_AXIS_PX, _LONGEST_AXIS_PX = 96, 420
_CURVE_PX = 8
_DOT_PX = 3.5


def axis_px(width_px: int) -> int:
    """Returns the length of the axis in a list of this width."""
    return min(max(round(width_px * 0.4), _SHORTEST_AXIS_PX), _LONGEST_AXIS_PX)


def place_x(place: float, width_px: int) -> float:
    """Returns the distance of a part of the axis (0 to 1) from the left edge of the list."""
    return MARGIN_PX + place * axis_px(width_px)


class BranchDelegate(QStyledItemDelegate):
    """Paints one row, including lines of other runs that pass through it."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(240, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        palette: QPalette = option.palette  # pyright: ignore[reportAttributeAccessIssue]
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        row = QRectF(option.rect)  # pyright: ignore[reportAttributeAccessIssue]
        run: BranchRow = index.data(ROW_ROLE)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        picture = QRectF(0, 0, PICTURE_PX, PICTURE_PX)
        picture.moveTopLeft(
            QPointF(row.left() + place_x(1, int(row.width())) + GAP_PX, row.center().y() - PICTURE_PX / 2)
        )
        words = QRectF(
            picture.right() + GAP_PX, row.top(), row.right() - picture.right() - 2 * GAP_PX, row.height()
        )
        if state & QStyle.StateFlag.State_MouseOver and run.picture is not None:
            hovered = QRectF(picture.left() - 6, row.top() + 2, row.right() - picture.left(), row.height() - 4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.midlight())
            painter.drawRoundedRect(hovered, 6, 6)
        self._paint_lines(painter, palette, row, run.lane)
        self._paint_picture(painter, palette, picture, run, state)
        self._paint_words(painter, palette, words, run)
        painter.restore()

    def _paint_lines(self, painter: QPainter, palette: QPalette, row: QRectF, lane: Lane) -> None:
        """Paints all lines in grey first, then the path of the selected run over them."""
        width, middle = int(row.width()), row.center().y()

        def point(place: float, y: float) -> QPointF:
            return QPointF(round(row.left() + place_x(place, width)) + 0.5, y)

        quiet = QPen(palette.placeholderText().color(), 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
        strong = QPen(palette.accent().color(), 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(quiet)
        for place in lane.through:
            painter.drawLine(point(place, row.top()), point(place, row.bottom()))
        for place in lane.below:
            painter.drawLine(point(place, middle), point(place, row.bottom()))
        painter.drawPath(_line(lane, lane.end, point, row.top(), middle))
        painter.setPen(QPen(quiet.color(), 1.5, Qt.PenStyle.DotLine))
        if lane.taken_from < lane.begin:
            painter.drawLine(point(lane.taken_from, middle), point(lane.begin, middle))
        picture = point(1, middle) + QPointF(GAP_PX, 0)
        if lane.end < 1:
            painter.drawLine(point(lane.end, middle), picture)
        else:
            painter.setPen(strong if lane.way == lane.end else quiet)
            painter.drawLine(point(1, middle), picture)
        painter.setPen(strong)
        if lane.way_through is not None:
            painter.drawLine(point(lane.way_through, row.top()), point(lane.way_through, row.bottom()))
        if lane.way is not None:
            painter.drawPath(_line(lane, max(lane.way, lane.begin), point, row.top(), middle))
            if lane.way < lane.begin:  # back through the steps that were taken over
                painter.setPen(QPen(strong.color(), 2.5, Qt.PenStyle.DotLine))
                painter.drawLine(point(lane.begin, middle), point(lane.way, middle))
                painter.setPen(strong)
            if lane.way in lane.below and lane.way < lane.end:
                painter.drawLine(point(lane.way, middle), point(lane.way, row.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        for place in lane.below:
            painter.setBrush(strong.color() if place == lane.way else quiet.color())
            painter.drawEllipse(point(place, middle), _DOT_PX, _DOT_PX)

    def _paint_picture(
        self, painter: QPainter, palette: QPalette, area: QRectF, run: BranchRow, state: QStyle.StateFlag
    ) -> None:
        rounded = QPainterPath()
        rounded.addRoundedRect(area, 4, 4)
        if run.picture is None:
            painter.setPen(QPen(palette.mid().color(), 1, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(rounded)
            return
        thumbnail = run.thumbnail
        painter.save()
        painter.setClipPath(rounded)
        painter.fillPath(rounded, palette.midlight())
        if thumbnail is not None and not thumbnail.isNull():
            length = min(thumbnail.width(), thumbnail.height())
            part = QRectF((thumbnail.width() - length) / 2, (thumbnail.height() - length) / 2, length, length)
            painter.drawImage(area, thumbnail, part)
        painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if run.is_current:
            painter.setPen(QPen(palette.accent().color(), 2))
            painter.drawPath(rounded)
        elif state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(palette.text().color(), 1, Qt.PenStyle.DotLine))
            painter.drawPath(rounded)

    def _paint_words(self, painter: QPainter, palette: QPalette, area: QRectF, run: BranchRow) -> None:
        font = QFont(painter.font())
        font.setWeight(QFont.Weight.DemiBold if run.is_current else QFont.Weight.Normal)
        painter.setFont(font)
        line_px = painter.fontMetrics().height()
        muted = QColor(palette.placeholderText().color())
        top = QRectF(area.left(), area.center().y() - line_px - 1, area.width(), line_px)
        for text, place, colour in (
            (run.heading, top, muted if run.picture is None else palette.text().color()),
            (run.detail, top.translated(0, line_px + 2), muted),
        ):
            painter.setPen(colour)
            fitted = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(place.width()))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, fitted)
            font.setWeight(QFont.Weight.Normal)
            painter.setFont(font)


def _line(
    lane: Lane, end: float, point: Callable[[float, float], QPointF], top: float, middle: float
) -> QPainterPath:
    """Returns a run's own line up to ``end``, with the bend from its parent's line above."""
    path = QPainterPath()
    begin, last = point(lane.begin, middle), point(end, middle)
    if lane.above is None:
        path.moveTo(begin)
    else:
        curve = min(_CURVE_PX, max(last.x() - begin.x(), 0.0))
        path.moveTo(begin.x(), top)
        path.lineTo(begin.x(), middle - curve)
        path.quadTo(begin.x(), middle, begin.x() + curve, middle)
    path.lineTo(last)
    return path
