"""The text beside a view: explains what it shows and why, and the meaning of its words."""

from collections.abc import Iterable
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.widgets.building import aligned, push_button, scroll_area, stretched, text_label, vbox
from core.language.words import tr


class Explanation(QWidget):
    """The explanation of one view, until it is closed.

    Signals:
        closed: the reader has understood.
    """

    closed = Signal()

    def __init__(self, about: str, terms: Iterable[tuple[str, str]], parent: QWidget | None = None) -> None:
        """Takes ``about`` and ``terms`` of `app.film.film_view.ViewKind`."""
        super().__init__(parent)
        self.setObjectName("viewExplanation")
        listed = "".join(
            f"<p style='margin: 0 0 4px 0'><b>{escape(term)}</b> – {escape(meaning)}</p>"
            for term, meaning in terms
        )
        text = text_label(f"<p style='margin: 0 0 8px 0'>{escape(about)}</p>{listed}", wraps=True)
        text.setTextFormat(Qt.TextFormat.RichText)
        text.setAlignment(Qt.AlignmentFlag.AlignTop)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        scroll = scroll_area(text, tr("Explanation"))
        scroll.viewport().setAutoFillBackground(False)
        button = push_button(tr("Got it"), self.closed, parent=self, name="closeExplanationButton")
        vbox(
            stretched(scroll),
            aligned(button, Qt.AlignmentFlag.AlignLeft),
            on=self,
            margins=(4, 0, 0, 0),
            spacing=4,
        )
