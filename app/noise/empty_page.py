"""The page without a picture: its purpose, how to choose a picture, and that one is being encoded."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from app.noise.noise_text import EMPTY, TAKING
from app.widgets.building import STRETCH, hbox, push_button, text_label
from app.widgets.icons import set_icon

TEXT_WIDTH_PX = 440


class EmptyPage(QWidget):
    """Signals:
    choose_asked: a picture from a file. current_asked: the one on the canvas.
    """

    choose_asked = Signal()
    current_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("forwardStart")
        self._title = _line("heading")
        self._words = _line("hint")
        self._words.setFixedWidth(TEXT_WIDTH_PX)
        self._words.setWordWrap(True)
        self._choose = push_button("Open a picture…", name="forwardStartButton", kind="primary")
        set_icon(self._choose, "picture")
        self._choose.clicked.connect(self.choose_asked)
        self.current_button = push_button(
            "Take the picture in Create", self.current_asked, name="forwardStartCurrentButton"
        )
        self._progress = QProgressBar()
        self._progress.setRange(0, 0)
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(TEXT_WIDTH_PX // 2)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch(2)
        for widget in (self._title, self._words, self._progress):
            column.addLayout(_centred(widget))
        column.addSpacing(8)
        column.addLayout(_centred(self._choose, self.current_button))
        column.addStretch(3)
        self.show_taking(is_taking=False)

    def show_taking(self, *, is_taking: bool) -> None:
        """Shows whether a picture is being encoded."""
        title, words = TAKING if is_taking else EMPTY
        self._title.setText(title)
        self._words.setText(words)
        self._progress.setVisible(is_taking)
        self._choose.setVisible(not is_taking)
        self.current_button.setVisible(not is_taking)


def _centred(*widgets: QWidget) -> QHBoxLayout:
    """Returns a row with room at both sides; an alignment would give wrapped text too little height."""
    return hbox(STRETCH, *widgets, STRETCH, spacing=8)


def _line(role: str) -> QLabel:
    label = text_label(role=role)
    label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    return label
