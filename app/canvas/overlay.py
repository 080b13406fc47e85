"""Text over the canvas: instructions while it is empty, and a small badge on the picture."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from app.widgets import icons
from app.widgets.colours import Colours
from core.language.words import tr

ICON_PX = 56
GAP_PX = 16


@dataclass(frozen=True, slots=True)
class EmptyText:
    """The words on an empty canvas."""

    title: str = tr("Describe a picture on the left and press Generate")
    hint: str = tr("Ctrl+Return generates. Drop a picture here to use its settings.")


def paint_empty(painter: QPainter, area: QRectF, colours: Colours, text: EmptyText) -> None:
    """Paints the icon, the title and the hint, centred."""
    title_font = QFont(painter.font())
    title_font.setPointSizeF(title_font.pointSizeF() * 1.25)
    width = min(area.width() - 2 * GAP_PX, 420.0)
    title_height = _height(title_font, text.title, width)
    hint_height = _height(painter.font(), text.hint, width)
    height = ICON_PX + GAP_PX + title_height + GAP_PX / 2 + hint_height
    left, top = area.center().x() - width / 2, area.center().y() - height / 2
    drawn = icons.pixmap("picture", colours.disabled, ICON_PX, painter.device().devicePixelRatioF())
    painter.drawPixmap(QPointF(area.center().x() - ICON_PX / 2, top), drawn)
    top += ICON_PX + GAP_PX
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    hint_font = painter.font()
    painter.setPen(QColor(colours.text))
    painter.setFont(title_font)
    painter.drawText(QRectF(left, top, width, title_height), flags, text.title)
    top += title_height + GAP_PX / 2
    painter.setPen(QColor(colours.muted))
    painter.setFont(hint_font)
    painter.drawText(QRectF(left, top, width, hint_height), flags, text.hint)


def paint_badge(painter: QPainter, corner: QPointF, text: str, *, is_right: bool = False) -> None:
    """Paints a dark pill with light text, readable on any picture; ``corner`` is its top left or right."""
    font = _badge_font(painter.font())
    pill = QRectF(corner, badge_size(painter.font(), text))
    if is_right:
        pill.moveRight(corner.x())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 150))
    painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
    painter.setPen(QColor(255, 255, 255, 235))
    painter.setFont(font)
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


def badge_size(font: QFont, text: str) -> QSizeF:
    """Returns the size of what `paint_badge` paints with this font."""
    metrics = QFontMetricsF(_badge_font(font))
    return QSizeF(metrics.horizontalAdvance(text) + 20, metrics.height() + 8)


def _badge_font(font: QFont) -> QFont:
    smaller = QFont(font)
    smaller.setPointSizeF(font.pointSizeF() * 0.92)
    return smaller


def _height(font: QFont, text: str, width: float) -> float:
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    return QFontMetricsF(font).boundingRect(QRectF(0, 0, width, 1000), flags.value, text).height()
