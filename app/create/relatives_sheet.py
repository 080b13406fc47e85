"""The sheet over the canvas with relatives of a picture; each can be the start of the next ones."""

import math
from functools import partial

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import QFrame, QGridLayout, QSpinBox, QToolButton, QWidget

from app.widgets.building import STRETCH, hbox, push_button, stretched, text_label, vbox
from app.widgets.field import describe
from app.widgets.pixels import enlarged, to_image
from core.language.words import tr
from core.pictures.pixels import Pixels

FEWEST, MOST, DEFAULT_COUNT = 2, 9, 4
DEFAULT_STRENGTH_PERCENT = 100
SOURCE_PX, SMALLEST_PX, LARGEST_PX = 64, 96, 420
GAP_PX, FRAME_PX, HEAD_PX = 8, 16, 150


class RelativesSheet(QFrame):
    """Covers its parent while it is shown.

    Attributes:
        count: how many relatives to make. strength: how much of the noise is new, in percent.

    Signals:
        chosen(int): more like the picture in this place.
        opened(int): this one is to be shown on the canvas.
        back_asked: the pictures before. again_asked: others like the same one. closed: by the user.
    """

    chosen = Signal(int)
    opened = Signal(int)
    back_asked = Signal()
    again_asked = Signal()
    closed = Signal()

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setObjectName("relativesSheet")
        self.setAccessibleName(tr("More like this"))
        self.setProperty("role", "sheet")
        self._canvas = canvas
        self._source = text_label()
        self._title = text_label(tr("More like this"), role="title")
        self._hint = text_label(tr("Click a picture for more like it."), role="hint", wraps=True)
        self.count = QSpinBox(minimum=FEWEST, maximum=MOST, value=DEFAULT_COUNT, prefix=tr("Make "))
        describe(
            self.count, "relativesCountSpin", tr("Number of pictures"), tr("How many pictures to make at a time")
        )
        self.strength = QSpinBox(minimum=5, maximum=100, value=DEFAULT_STRENGTH_PERCENT, suffix=tr(" % new noise"))
        self.strength.setSingleStep(5)
        describe(
            self.strength,
            "relativesStrengthSpin",
            tr("New noise"),
            tr("How much of the noise is new: less keeps closer to the picture"),
        )
        self._again = push_button(tr("Others"), self.again_asked, name="relativesAgainButton")
        self._again.setToolTip(tr("Make other pictures like the same one"))
        self.back = push_button(tr("Back"), self.back_asked, name="relativesBackButton")
        close = push_button(tr("Done"), self.closed, name="relativesCloseButton", kind="primary")
        self._grid = QGridLayout()
        self._grid.setSpacing(GAP_PX)
        self._cells: list[tuple[QToolButton, QWidget]] = []
        head = hbox(self._source, stretched(vbox(self._title, self._hint, spacing=2)), spacing=12)
        foot = hbox(self.count, self.strength, self._again, STRETCH, self.back, close, spacing=8)
        vbox(head, stretched(self._grid), foot, on=self, margins=FRAME_PX, spacing=GAP_PX)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        canvas.installEventFilter(self)
        self.hide()

    def begin(self, source: QImage, prompt: str, count: int, *, can_go_back: bool) -> None:
        """Shows so many empty places for relatives of a picture."""
        side = QSize(SOURCE_PX, SOURCE_PX)
        picture = source.scaled(
            side, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        self._source.setPixmap(QPixmap.fromImage(picture))
        self._title.setText(tr("More like “{prompt}”", prompt=prompt[:60]) if prompt else tr("More like this"))
        self.back.setEnabled(can_go_back)
        for cell, below in self._cells:
            for widget in (cell, below):
                self._grid.removeWidget(widget)
                widget.hide()
                widget.deleteLater()
        self._cells = [self._new_cell(place) for place in range(count)]
        self._cover()
        self.show()
        self.raise_()
        self.setFocus()

    def show_picture(self, place: int, pixels: Pixels, text: str, *, is_finished: bool) -> None:
        """Shows a picture in its place; one that is finished can be chosen."""
        cell, below = self._cells[place]
        icon = QIcon()
        pixmap = QPixmap.fromImage(enlarged(to_image(pixels)))
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Disabled):  # not greyed while it develops
            icon.addPixmap(pixmap, mode)
        cell.setIcon(icon)
        cell.setToolTip(text)
        cell.setEnabled(is_finished)
        below.setEnabled(is_finished)
        if is_finished and self.hasFocus():  # the first one that can be chosen
            cell.setFocus()

    def leave(self) -> None:
        """Shows the canvas again."""
        self.hide()
        self._canvas.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._canvas and event.type() is QEvent.Type.Resize and not self.isHidden():
            self._cover()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _new_cell(self, place: int) -> tuple[QToolButton, QWidget]:
        cell = QToolButton(self)
        name = tr("Picture {place}", place=place + 1)
        describe(
            cell,
            f"relative{place}",
            tr("More like picture {place}", place=place + 1),
            tr("{name} is on its way", name=name),
        )
        cell.setProperty("kind", "quiet")
        cell.clicked.connect(partial(self.chosen.emit, place))
        show = partial(self.opened.emit, place)
        below = push_button(tr("Show"), show, self, kind="quiet", name=f"showRelative{place}")
        below.setAccessibleName(tr("Show picture {place}", place=place + 1))
        below.setToolTip(tr("Show this picture on the canvas"))
        for widget in (cell, below):
            widget.setEnabled(False)
        return cell, below

    def _cover(self) -> None:
        """Covers the canvas, with pictures as large as they all fit."""
        self.setGeometry(self._canvas.rect())
        count = len(self._cells)
        columns = math.ceil(math.sqrt(count))
        rows = -(-count // columns)
        line = self.fontMetrics().height() + 20
        width = (self.width() - 2 * FRAME_PX) // columns - 2 * GAP_PX
        height = (self.height() - HEAD_PX - 2 * FRAME_PX) // rows - line - 2 * GAP_PX
        side = min(max(min(width, height), SMALLEST_PX), LARGEST_PX)
        centre = Qt.AlignmentFlag.AlignHCenter
        for place, (cell, below) in enumerate(self._cells):
            cell.setIconSize(QSize(side, side))
            row, column = divmod(place, columns)
            self._grid.addWidget(cell, 2 * row, column, centre | Qt.AlignmentFlag.AlignBottom)
            self._grid.addWidget(below, 2 * row + 1, column, centre | Qt.AlignmentFlag.AlignTop)
