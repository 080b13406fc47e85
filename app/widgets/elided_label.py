"""One line of plain text that becomes shorter, or ends in an ellipsis, if it does not fit."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel


class ElidedLabel(QLabel):
    """Shows as much of the text as fits; the tooltip has all of it."""

    def __init__(self, text: str = "", *, name: str = "", role: str = "") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.show_text(text)

    def show_text(self, text: str, *shorter: str) -> None:
        """Shows another text, or the first of the ``shorter`` ones that fits, or as much of the last as does."""
        self._whole, *self._shorter = (" ".join(words.split()) for words in (text, *shorter))
        self.setAccessibleName(self._whole)
        self.setToolTip(self._whole)
        self._elide()

    def minimumSizeHint(self) -> QSize:
        return QSize(1, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        metrics, texts = self.fontMetrics(), (self._whole, *self._shorter)
        fitting = (text for text in texts if metrics.horizontalAdvance(text) <= self.width())
        self.setText(next(fitting, metrics.elidedText(texts[-1], Qt.TextElideMode.ElideRight, self.width())))
