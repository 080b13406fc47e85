"""The fields of a dialog: as high as they want to be where the screen has the room, and scrolled where not."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QBoxLayout, QDialog, QFrame, QLayout, QScrollArea, QStyle, QWidget

LOWEST_PX = 160
ROOM_FOR_FRAME_PX = QSize(16, 40)


class DialogBody(QScrollArea):
    """Scrolls up and down only; the buttons of the dialog stand below it, always in view."""

    def __init__(self, layout: QBoxLayout, name: str) -> None:
        """``name`` is for screen readers."""
        super().__init__(widgetResizable=True)
        self._layout = layout
        layout.setContentsMargins(0, 0, 0, 0)
        self._content = QWidget()
        self._content.setLayout(layout)
        self.setAccessibleName(name)
        self.setWidget(self._content)
        self._content.setAutoFillBackground(False)  # setWidget sets it, and on a card the window's colour shows
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        """Returns the size with the height of wrapped text, and with room for the bar."""
        hint = self._content.sizeHint()
        if self._layout.hasHeightForWidth():
            hint.setHeight(self._layout.totalHeightForWidth(hint.width()))
        return hint + QSize(self._bar_px, 0)

    def minimumSizeHint(self) -> QSize:
        """Returns a low one, with room for the bar."""
        hint = self._content.minimumSizeHint()
        return QSize(hint.width() + self._bar_px, min(hint.height(), LOWEST_PX))

    @property
    def _bar_px(self) -> int:
        return self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)


def fit_to_screen(dialog: QDialog) -> None:
    """Makes a dialog as large as it wants to be, as far as the screen has the room; Qt stops at two thirds."""
    dialog.ensurePolished()
    for part in reversed(dialog.findChildren(QLayout)):
        part.invalidate()  # texts have come since: how high they are in lines was computed without them
    dialog.resize(dialog.sizeHint().boundedTo(dialog.screen().availableSize() - ROOM_FOR_FRAME_PX))
