"""One picture, fitted into its place, with a line of text below it."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.widgets.painted_picture import PaintedPicture

_GAP_PX = 4


class PicturePane(QWidget):
    """Enlarges small pictures smoothly, or as sharp squares if each value counts.

    Attributes:
        image: the picture in its own size. caption: the text below it.
    """

    def __init__(self, parent: QWidget | None = None, *, is_sharp: bool = False) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._is_sharp = is_sharp
        self.image = QImage()
        self._painted = PaintedPicture(self.image)
        self.caption = ""
        self._has_caption = True

    def show_picture(self, image: QImage, caption: str = "") -> None:
        self.image = image
        self._painted = PaintedPicture(image)
        self.caption = caption
        self.update()

    def relabel(self, caption: str) -> None:
        """Changes the text below the picture."""
        self.caption = caption
        self.update()

    def show_caption(self, *, is_shown: bool) -> None:
        """Shows or hides the line of text."""
        self._has_caption = is_shown
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(24, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.image.isNull():
            return
        painter = QPainter(self)
        line = self.fontMetrics().height() if self.caption and self._has_caption else 0
        room = QRectF(self.rect()).adjusted(0, 0, 0, -(line + _GAP_PX) if line else 0)
        size = self.image.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(0, 0, size.width(), size.height())
        place.moveCenter(room.center())
        place.moveTop(round(place.top()))
        place.moveLeft(round(place.left()))
        self._painted.paint(painter, place, self._is_sharp)
        if line:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            below = QRectF(0, place.bottom() + _GAP_PX, self.width(), line)
            text = self.fontMetrics().elidedText(self.caption, Qt.TextElideMode.ElideRight, self.width())
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, text)
