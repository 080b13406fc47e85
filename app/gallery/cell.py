"""Paints one picture of the grid (thumbnail, marks, a ring when chosen), and the headings between groups."""

from dataclasses import dataclass
from datetime import date, timedelta

from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QLinearGradient, QPainter, QPainterPath, QPalette, QPen, QPixmap

from app.canvas.overlay import paint_badge
from app.gallery.stacked_rows import Stacked
from app.session.picture_loader import times
from app.widgets.dates import day_text
from core.gallery.query import LibraryPicture, Section
from core.language.words import tr

RADIUS_PX = 6
CARD_PX = 4
BAND_PX = 4
STACK_PX = QSizeF(48, 28)
PADDING_PX = 6
BADGES_FROM_PX = 96
"""Smaller cells show no marks: they would hide the picture."""

NAMELESS = tr("Without a name")

_SHADE_PX = 32
_STAR, _HEART = "★", "♥"
_LIGHT = QColor(255, 255, 255, 235)


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """The content of a cell.

    Attributes:
        picture, thumbnail: None until they are loaded; a null thumbnail cannot be read.
        stack: the one that the picture is in.
        film_icon: for pictures that have a film.
        progress: how far the film that plays here is, 0 to 1, None when none plays.
    """

    picture: LibraryPicture | None
    thumbnail: QImage | None
    stack: Stacked
    film_icon: QPixmap
    is_selected: bool
    is_current: bool
    is_hovered: bool
    progress: float | None = None


def paint_cell(painter: QPainter, area: QRectF, cell: Cell, palette: QPalette) -> None:
    """Fills ``area``; a closed stack shows the edges of cards behind its cover."""
    painter.save()
    badge_place = stack_badge(area, cell.stack)
    if cell.stack.is_closed:
        area = _paint_cards(painter, area, palette)
    elif cell.stack.count > 1:
        _paint_band(painter, area, palette)
    rounded = QPainterPath()
    rounded.addRoundedRect(area, RADIUS_PX, RADIUS_PX)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    painter.fillPath(rounded, palette.midlight())
    painter.setClipPath(rounded)
    if cell.thumbnail is not None and not cell.thumbnail.isNull():
        painter.setOpacity(0.45 if cell.picture and cell.picture.is_away else 1.0)
        painter.drawImage(_fitted(cell.thumbnail, area, painter.device().devicePixelRatioF()), cell.thumbnail)
        painter.setOpacity(1.0)
    elif cell.thumbnail is not None and cell.picture is not None:
        _paint_words(painter, area, tr("not found") if cell.picture.is_away else tr("cannot be\nread"), palette)
    if cell.picture is not None and area.width() >= BADGES_FROM_PX:
        if badge := badge_of(cell.picture):
            paint_badge(painter, area.topLeft() + QPointF(PADDING_PX, PADDING_PX), badge)
        _paint_marks(painter, area, cell.picture, cell.film_icon)
    if cell.stack.is_cover and cell.stack.count > 1:
        paint_badge(painter, badge_place.topRight(), stack_words(cell.stack), is_right=True)
    if cell.progress is not None:
        line = QRectF(area.left(), area.bottom() - 3, area.width() * cell.progress, 3)
        painter.fillRect(line, palette.accent())
    painter.setClipping(False)
    _paint_ring(painter, area, cell, palette)
    painter.restore()


def stack_badge(area: QRectF, stack: Stacked) -> QRectF:
    """Returns the place at the upper right of a cell, or of the cover in it, that opens and closes its stack."""
    area = _cover(area) if stack.is_closed else area
    return QRectF(area.right() - PADDING_PX - STACK_PX.width(), area.top() + PADDING_PX, *STACK_PX.toTuple())


def stack_words(stack: Stacked) -> str:
    """Returns the number of pictures, and a sign for what a click does."""
    return f"{stack.count} {'−' if stack.is_open else '+'}"


def _paint_cards(painter: QPainter, area: QRectF, palette: QPalette) -> QRectF:
    """Paints two cards that show at the right and below, and returns the place of the cover."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(palette.window().color(), 1))
    painter.setBrush(palette.placeholderText())
    cover = _cover(area)
    for number in (2, 1):
        painter.drawRoundedRect(cover.translated(number * CARD_PX, number * CARD_PX), RADIUS_PX, RADIUS_PX)
    return cover


def _cover(area: QRectF) -> QRectF:
    """Returns the place of the cover in the cell of a closed stack."""
    return area.adjusted(0, 0, -2 * CARD_PX, -2 * CARD_PX)


def _paint_band(painter: QPainter, area: QRectF, palette: QPalette) -> None:
    """Paints the ground that joins the pictures of an open stack."""
    colour = palette.accent().color()
    colour.setAlpha(90)
    painter.fillRect(area.adjusted(-BAND_PX, -BAND_PX, BAND_PX, BAND_PX), colour)


def badge_of(picture: LibraryPicture) -> str:
    """Returns the words that tell a picture from finished ones of their own, as among the recent pictures."""
    if picture.kept_step:
        return tr("step {kept_step}", kept_step=picture.kept_step)
    if picture.is_sheet:
        return tr("grid")
    marks = tr("branch") if picture.is_branch else "", times(picture.enlarged)
    return " · ".join(mark for mark in marks if mark)


def _fitted(image: QImage, area: QRectF, ratio: float) -> QRectF:
    """Returns the place of the whole picture, enlarged at most twice, because icons would only blur."""
    size = QSizeF(image.size()).scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
    largest = QSizeF(image.size()) * 2 / ratio
    if size.width() > largest.width():
        size = largest
    rect = QRectF(QPointF(0, 0), size)
    rect.moveCenter(area.center())
    return rect


def _paint_marks(painter: QPainter, area: QRectF, picture: LibraryPicture, film_icon: QPixmap) -> None:
    if not (picture.rating or picture.is_favourite or picture.has_film):
        return
    shade = QRectF(area.left(), area.bottom() - _SHADE_PX, area.width(), _SHADE_PX)
    darkening = QLinearGradient(shade.topLeft(), shade.bottomLeft())
    darkening.setColorAt(0, QColor(0, 0, 0, 0))
    darkening.setColorAt(1, QColor(0, 0, 0, 170))
    painter.fillRect(shade, darkening)
    inner = shade.adjusted(PADDING_PX, 0, -PADDING_PX, 0)
    font = QFont(painter.font())
    font.setPointSizeF(font.pointSizeF() * 0.95)
    painter.setFont(font)
    painter.setPen(_LIGHT)
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    if picture.is_favourite:
        painter.setPen(QColor("#ff8f8f"))
        painter.drawText(inner, left, _HEART)
        inner.setLeft(inner.left() + painter.fontMetrics().horizontalAdvance(_HEART) + PADDING_PX)
        painter.setPen(_LIGHT)
    if picture.rating:
        painter.drawText(inner, left, _STAR * picture.rating)
    if picture.has_film:
        length = film_icon.width() / film_icon.devicePixelRatio()
        painter.drawPixmap(QPointF(inner.right() - length, shade.center().y() - length / 2), film_icon)


def _paint_words(painter: QPainter, area: QRectF, words: str, palette: QPalette) -> None:
    painter.setPen(palette.placeholderText().color())
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)


def _paint_ring(painter: QPainter, area: QRectF, cell: Cell, palette: QPalette) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if cell.is_selected:
        painter.setPen(QPen(palette.accent().color(), 3))
        painter.drawRoundedRect(area.adjusted(-1, -1, 1, 1), RADIUS_PX, RADIUS_PX)
    elif cell.is_hovered:
        painter.setPen(QPen(palette.placeholderText().color(), 1))
        painter.drawRoundedRect(area, RADIUS_PX, RADIUS_PX)
    if cell.is_current:
        painter.setPen(QPen(palette.text().color(), 1, Qt.PenStyle.DotLine))
        painter.drawRoundedRect(area.adjusted(3, 3, -3, -3), RADIUS_PX - 2, RADIUS_PX - 2)


def paint_heading(painter: QPainter, area: QRect, section: Section, palette: QPalette) -> None:
    """Paints the name of a group and how many pictures it has."""
    painter.save()
    bold = QFont(painter.font())
    bold.setBold(True)
    flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
    text = QRect(area.left(), area.top(), area.width(), area.height() - 10)
    number = f"{section.count if section.pictures is None else section.pictures:,}"
    painter.setFont(bold)
    room = text.width() - painter.fontMetrics().horizontalAdvance(number) - 16
    shown = painter.fontMetrics().elidedText(group_title(section.title), Qt.TextElideMode.ElideRight, max(room, 0))
    painter.setPen(palette.text().color())
    painter.drawText(text, flags, shown)
    text.setLeft(text.left() + painter.fontMetrics().horizontalAdvance(shown) + 10)
    bold.setBold(False)
    painter.setFont(bold)
    painter.setPen(palette.placeholderText().color())
    painter.drawText(text, flags, number)
    painter.restore()


def paint_rubber_band(painter: QPainter, area: QRect, palette: QPalette) -> None:
    colour = palette.accent().color()
    painter.setPen(colour)
    colour.setAlpha(40)
    painter.fillRect(area, colour)
    painter.drawRect(area)


def group_title(title: str, today: date | None = None) -> str:
    """Returns the title of a `core.gallery.query.Section` for people, days as they say them."""
    try:
        day = date.fromisoformat(title)
    except ValueError:
        return title or NAMELESS
    now = today or date.today()
    words = day_text(day)
    if day == now:
        return tr("Today · {words}", words=words)
    if day == now - timedelta(days=1):
        return tr("Yesterday · {words}", words=words)
    return words
