"""A page on which there is nothing yet: the reason, how far it is, and the next actions."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.widgets.building import STRETCH, hbox, progress_bar, stretched, text_label, vbox
from core.language.words import tr

WIDTH_PX = 440
MARGINS_PX = 32


class EmptyPage(QWidget):
    """A title, a sentence, a progress bar and a row of buttons, a little above the middle."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._title = text_label(name=f"{name}Title", role="heading", is_plain=True, wraps=True)
        self._sentence = text_label(role="hint", is_plain=True, wraps=True)
        for label in (self._title, self._sentence):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._progress = progress_bar(tr("Progress"))
        self._row = hbox(spacing=8)
        inner = self._inner = QWidget()
        inner.setMaximumWidth(WIDTH_PX)
        buttons = hbox(STRETCH, self._row, STRETCH)
        vbox(self._title, self._sentence, self._progress, buttons, on=inner, margins=None, spacing=12)
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        layout.addLayout(hbox(STRETCH, stretched(inner, 8), STRETCH))
        layout.addStretch(3)

    def add_button(self, button: QPushButton) -> None:
        self._row.addWidget(button)
        button.ensurePolished()
        self._inner.setMaximumWidth(max(WIDTH_PX, self._row.minimumSize().width() + MARGINS_PX))

    def show_words(self, title: str, sentence: str, progress: tuple[int, int] | None = None) -> None:
        """Shows the reason; ``progress`` is how much of how much is done, of 0 if that is not known."""
        self._title.setText(title)
        self._sentence.setText(sentence)
        self._progress.setVisible(progress is not None)
        done, total = progress or (0, 1)
        self._progress.setRange(0, total)
        self._progress.setValue(done)
