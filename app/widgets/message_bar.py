"""Bars above the canvas that report events and offer actions, in place of dialogs that would block."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QWidget

from app.messages.errors import Message
from app.widgets.building import hbox, push_button, stretched, text_label, vbox
from app.widgets.icon_button import IconButton
from core.language.words import tr

Tone = Literal["error", "info"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A button on a bar; pressing it also dismisses the bar unless ``keeps_bar``."""

    text: str
    act: Callable[[], None]
    object_name: str
    keeps_bar: bool = False


class MessageBar(QFrame):
    """One message with its choices.

    Signals:
        dismissed: the user has seen it.
    """

    dismissed = Signal()

    def __init__(
        self, message: Message, tone: Tone, choices: tuple[Choice, ...] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        self.setProperty("role", "bar")
        self.setProperty("tone", tone)
        self.setAccessibleName(f"{message.title}. {message}")
        title = text_label(message.title, role="title", wraps=True, is_plain=True, is_selectable=True)
        words = text_label(str(message), name="messageText", wraps=True, is_plain=True, is_selectable=True)
        texts = vbox(title, spacing=2)
        if str(message):
            texts.addWidget(words)
        layout = hbox(stretched(texts), on=self, margins=(16, 8, 8, 8), spacing=8)
        for choice in choices:
            button = push_button(choice.text, choice.act, name=choice.object_name)
            if not choice.keeps_bar:
                button.clicked.connect(self.dismissed)
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        dismiss = IconButton("close", tr("Dismiss"), "dismissButton")
        dismiss.clicked.connect(self.dismissed)
        layout.addWidget(dismiss, 0, Qt.AlignmentFlag.AlignTop)


@dataclass(frozen=True, slots=True)
class Notice:
    """A message with all that its bar needs, for those who do not know where it will be shown."""

    subject: str
    message: Message
    tone: Tone
    choices: tuple[Choice, ...] = ()
    lasting_ms: int | None = None


class MessageArea(QWidget):
    """Room for bars of different subjects; a new bar replaces the old one of its subject."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars: dict[str, MessageBar] = {}
        self._layout = vbox(on=self, margins=8, spacing=8)
        self.hide()

    def show_message(
        self,
        subject: str,
        message: Message,
        tone: Tone,
        choices: tuple[Choice, ...] = (),
        lasting_ms: int | None = None,
    ) -> None:
        """Shows a bar, which replaces an older one of its ``subject``. Some close by themselves."""
        self.dismiss(subject)
        bar = MessageBar(message, tone, choices)
        bar.dismissed.connect(partial(self.dismiss, subject))
        self._bars[subject] = bar
        self._layout.addWidget(bar)
        bar.show()
        self.show()
        if lasting_ms is not None:
            QTimer.singleShot(lasting_ms, bar, bar.dismissed.emit)

    def show_notice(self, notice: Notice) -> None:
        self.show_message(notice.subject, notice.message, notice.tone, notice.choices, notice.lasting_ms)

    def dismiss(self, subject: str) -> None:
        bar = self._bars.pop(subject, None)
        if bar is not None:
            self._layout.removeWidget(bar)
            bar.hide()
            bar.deleteLater()
        self.setVisible(bool(self._bars))

    def dismiss_errors(self) -> None:
        """Closes the bars about errors: the user goes on to something else."""
        for subject, bar in tuple(self._bars.items()):
            if bar.property("tone") == "error":
                self.dismiss(subject)

    def subjects(self) -> tuple[str, ...]:
        """Returns the subjects of the visible bars, from top to bottom."""
        return tuple(self._bars)
