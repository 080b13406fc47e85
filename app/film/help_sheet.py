"""A wide sheet at the window's right side: what a view shows and why, with a figure from the film itself."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QWidget

from app.film.explanation import Explanation
from app.film.film_view import ViewKind
from app.film.position import mixture
from app.widgets.building import stretched, text_label, vbox
from app.widgets.pixels import to_image
from core.film.film import Film
from core.film_export.pictures import PICTURES
from core.language.words import tr

WIDTH_PX = 460
_COLUMNS = 4
_GAP_PX = 8
_INDENT_PX = 16


class HelpSheet(QFrame):
    """Lies over the right side of the window of its owner until it is closed, also by Escape.

    Attributes:
        explanation: the text, with the signal that it is closed by.
    """

    def __init__(self, name: str, kind: ViewKind, film: Film | None, owner: QWidget) -> None:
        """Takes the ``name`` of the view, to show it in the figure if it is a picture."""
        super().__init__(owner.window())
        self.setObjectName("helpSheet")
        self.setProperty("role", "panel")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Help: {label}", label=kind.label))
        self.setFrameShape(QFrame.Shape.StyledPanel)
        about = kind.about
        has_frames = film is not None and bool(film.frames)
        if film is not None and has_frames and kind.about_film is not None:
            about = f"{about} {kind.about_film(film)}"
        self.explanation = Explanation(about, kind.terms, self)
        title = text_label(kind.label, role="title")
        figure = [Figure(film, _rows(name))] if film is not None and has_frames else []
        vbox(title, *figure, stretched(self.explanation), on=self, margins=_INDENT_PX, spacing=12)
        self.window().installEventFilter(self)
        self._place()
        self.show()
        self.raise_()

    def leave(self) -> None:
        """Closes the sheet for good."""
        self.window().removeEventFilter(self)
        self.hide()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.window() and event.type() is QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        """Takes Escape before the window's own shortcuts do."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.setAccepted(event.key() == Qt.Key.Key_Escape)
            return event.isAccepted()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.explanation.closed.emit()
        else:
            super().keyPressEvent(event)

    def _place(self) -> None:
        width, whole = min(WIDTH_PX, self.window().width()), self.window().rect()
        self.setGeometry(whole.adjusted(whole.width() - width, 0, 0, 0))


class Figure(QWidget):
    """Some steps of a film side by side, in rows of pictures, with the mixture of each below it."""

    def __init__(self, film: Film, rows: Sequence[str]) -> None:
        super().__init__()
        self.setAccessibleName(tr("Steps of this film: what the network sees, and what it makes of it"))
        calls = np.unique(np.linspace(0, len(film.frames) - 1, _COLUMNS).round().astype(int))
        self._frames = [film.frames[call] for call in calls]
        self._images = [[to_image(PICTURES[row](film, frame)) for frame in self._frames] for row in rows]
        self._words = [_WORDS[row] for row in rows]
        size = film.request.size
        self._ratio = size.width / size.height
        self._side_px = (WIDTH_PX - 2 * _INDENT_PX - (_COLUMNS - 1) * _GAP_PX) / _COLUMNS
        line_px = self.fontMetrics().height()
        self.setFixedHeight(round(len(rows) * (self._side_px / self._ratio + line_px + _GAP_PX) + 2 * line_px))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        line_px, height = self.fontMetrics().height(), self._side_px / self._ratio
        top = 0.0
        for images, words in zip(self._images, self._words, strict=True):
            painter.drawText(QPointF(0, top + self.fontMetrics().ascent()), words)
            for column, image in enumerate(images):
                left = column * (self._side_px + _GAP_PX)
                painter.drawImage(QRectF(left, top + line_px, self._side_px, height), image)
            top += line_px + height + _GAP_PX
        for column, frame in enumerate(self._frames):
            below = QRectF(column * (self._side_px + _GAP_PX), top - _GAP_PX, self._side_px, 2 * line_px)
            text = tr("step {step}\n{split}", step=frame.step + 1, split=mixture(frame.sigma).split(",")[0])
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, text)


_WORDS = {
    "noisy": tr("The network sees"),
    "denoised": tr("It guesses the picture"),
    "predicted_noise": tr("It predicts"),
    "guidance": tr("The prompt pulls here"),
}


def _rows(name: str) -> tuple[str, ...]:
    return ("noisy", name) if name in _WORDS and name != "noisy" else ("noisy", "denoised")
