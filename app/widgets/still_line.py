"""A row of labels whose texts change all the time, without anything around it being laid out anew."""

from PySide6.QtCore import QEvent, QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QStyle, QWidget

GAP_PX = 8


class StillLine(QWidget):
    """Shows the last labels in the width of their texts, and the first one in the rest.

    It is no layout: a label in one tells each new text to all layouts up to the window, which place all their
    parts again. Here it tells only this row.
    """

    def __init__(self, *labels: QLabel) -> None:
        super().__init__()
        self._labels = labels
        for label in labels:
            label.setParent(self)

    def sizeHint(self) -> QSize:
        hints = [label.sizeHint() for label in self._labels]
        return QSize(sum(hint.width() + GAP_PX for hint in hints) - GAP_PX, max(hint.height() for hint in hints))

    def minimumSizeHint(self) -> QSize:
        return QSize(1, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.LayoutDirectionChange):
            self._place()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        first, *others = self._labels
        right = self.width()
        for label in reversed(others):
            width = min(label.sizeHint().width(), right)
            self._put(label, QRect(right - width, 0, width, self.height()))
            right = max(right - width - GAP_PX, 0)
        self._put(first, QRect(0, 0, right, self.height()))

    def _put(self, label: QLabel, place: QRect) -> None:
        label.setGeometry(QStyle.visualRect(self.layoutDirection(), self.rect(), place))
