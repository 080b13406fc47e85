"""Five stars to click: rating pictures by mouse; the keys 0 to 5 do the same in the grid."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from core.language.words import tr

STARS = 5
STAR_PX = 24


class StarRating(QWidget):
    """Shows a rating; the pointer shows what a click would give. The same star again takes the rating away.

    Attributes:
        rating: 0 to 5, set by `set_rating`.

    Signals:
        rated: 0 to 5.
    """

    rated = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("starRating")
        self.setAccessibleName(tr("Rating"))
        self.setToolTip(tr("Rating (keys 1 to 5; 0 removes it)"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.rating = 0
        self._hovered = 0
        self.setFixedSize(self.sizeHint())

    def set_rating(self, rating: int) -> None:
        self.rating = rating
        self.setAccessibleDescription(tr("{rating} of {stars} stars", rating=rating, stars=STARS))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(STARS * STAR_PX, STAR_PX + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = QFont(self.font())
        font.setPixelSize(20)
        painter.setFont(font)
        palette = self.palette()
        lit = self._hovered or self.rating
        for star in range(STARS):
            is_lit = star < lit
            painter.setPen((palette.accent() if is_lit else palette.placeholderText()).color())
            area = QRectF(star * STAR_PX, 0, STAR_PX, self.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "★" if is_lit else "☆")
        if self.hasFocus():
            painter.setPen(palette.accent().color())
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hovered = self._star_at(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = 0
        self.update()
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            star = self._star_at(event)
            self._rate(0 if star == self.rating else star)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case key if Qt.Key.Key_0 <= key <= Qt.Key.Key_5:
                self._rate(key - Qt.Key.Key_0)
            case Qt.Key.Key_Left:
                self._rate(max(self.rating - 1, 0))
            case Qt.Key.Key_Right:
                self._rate(min(self.rating + 1, STARS))
            case _:
                super().keyPressEvent(event)

    def _star_at(self, event: QMouseEvent) -> int:
        return min(max(int(event.position().x()) // STAR_PX + 1, 1), STARS)

    def _rate(self, rating: int) -> None:
        self.set_rating(rating)
        self.rated.emit(rating)
