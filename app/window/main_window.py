"""The main window as a frame: it stands before there is anything to put into it, and is closed like a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QRect, QSize, QTimer, Slot
from PySide6.QtGui import QCloseEvent, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QMainWindow, QWidget

from app.widgets.colours import Colours
from app.window.window_layout import HEADER_PX, WindowLayout
from core.settings.look import Look

if TYPE_CHECKING:
    from app.window.contents import Contents
    from app.window.services import Services

DEFAULT_SIZE_PX = QSize(1360, 860)
ROOM_FOR_FRAME_PX = QSize(16, 40)
SMALLEST_SIZE_PX = QSize(960, 600)


class MainWindow(QMainWindow):
    """One window for everything. Show it at once; closing it ends the services it was filled with.

    Attributes:
        services: what it works with, above all the ``session``. contents: all that it shows. Both after `fill`.
        ended_in_time: False when the worker was still busy after closing.
    """

    services: Services
    contents: Contents

    def __init__(self, look: Look, colours: Colours) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle("Emulsion")
        room = self.screen().availableSize() - ROOM_FOR_FRAME_PX
        is_scaled = self.devicePixelRatio() > 1  # what is larger may be more than the screen holds
        self.setMinimumSize(SMALLEST_SIZE_PX.boundedTo(room) if is_scaled else SMALLEST_SIZE_PX)
        self.resize(DEFAULT_SIZE_PX.boundedTo(room))
        self.restoreGeometry(QByteArray.fromBase64(look.window_geometry.encode()))
        self.setCentralWidget(_Surfaces(WindowLayout.from_text(look.window_state), colours))
        self.ended_in_time = True
        self._is_filled = self._may_lose_pictures = False

    def fill(self, services: Services) -> None:
        """Puts everything into the window, in the place of the bare surfaces."""
        from app.window.contents import Contents  # takes several times as long as the frame

        self.services, self.session = services, services.session
        self.contents = Contents(self, services)
        self.contents.notices.close_asked.connect(self._close_anyway)
        self._is_filled = True

    def begin(self) -> None:
        """Greets the user, and prepares what is likely to be opened; call it after `fill`."""
        from app.window.early_page import EarlyPage

        self.contents.welcome.greet()
        EarlyPage(self.contents.gallery, ("app.gallery.commands", "app.gallery.page"), self.session)

    def close_soon(self, *_signal: object) -> None:
        """For the system's signals to end, which come in the middle of anything."""
        QTimer.singleShot(0, self.close)

    @Slot()
    def _close_anyway(self) -> None:
        self._may_lose_pictures = True
        QTimer.singleShot(0, self.close)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._is_filled:
            return
        if self.contents.quit_question.holds(event):
            event.ignore()
            return
        self.session.settle_pictures()
        if self.session.unsaved and not self._may_lose_pictures:
            self.contents.notices.warn_before_closing()
            event.ignore()
            return
        self.contents.tour.end()  # which gives back the settings that it has changed
        self.contents.remember()
        self.hide()  # at once: what follows may take as long as a step
        self.ended_in_time = self.session.shutdown()
        event.accept()


class _Surfaces(QWidget):
    """The page *Create* before it is there: header, panes and canvas without anything on them."""

    def __init__(self, layout: WindowLayout, colours: Colours) -> None:
        super().__init__()
        self._layout = layout
        self._colours = colours

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        colours, width = self._colours, self.width()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.canvas))
        left_px, _, right_px = self._layout.shown_columns(width)
        panes = QRect(0, 0, left_px, self.height()), QRect(width - right_px, 0, right_px, self.height())
        for pane in panes:
            painter.fillRect(pane, QColor(colours.panel))
        painter.fillRect(QRect(0, 0, width, HEADER_PX), QColor(colours.window))
        painter.end()
