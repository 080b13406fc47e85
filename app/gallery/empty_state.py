"""Replaces the grid while there is nothing to show: the reason, and the next action."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.widgets.building import STRETCH, hbox, progress_bar, push_button, stretched, text_label, vbox

WIDTH_PX = 440


class Remedy(Enum):
    """The action that a button offers."""

    create = auto()
    add_folder = auto()
    clear_filters = auto()
    look_again = auto()


REMEDIES = {
    Remedy.create: ("Make a picture", "emptyCreateButton"),
    Remedy.add_folder: ("Add a folder…", "emptyAddFolderButton"),
    Remedy.clear_filters: ("Clear all filters", "emptyClearButton"),
    Remedy.look_again: ("Look again", "emptyLookAgainButton"),
}


@dataclass(frozen=True, slots=True)
class EmptyReason:
    """Why nothing is shown.

    Attributes:
        done, total: of pictures being read; a total of 0 hides the progress.
    """

    title: str
    sentence: str
    remedies: tuple[Remedy, ...] = ()
    done: int = 0
    total: int = 0


OPENING = EmptyReason("Opening the gallery", "One moment.")
NO_PICTURES = EmptyReason(
    "No pictures yet",
    "Every picture that you generate is kept here, with its settings and its film. "
    "Folders of pictures from this or other programs can be added; they are read in place and never changed.",
    (Remedy.create, Remedy.add_folder),
)
NOTHING_FOUND = EmptyReason(
    "Nothing matches", "No picture has all of what the search and the filters ask for.", (Remedy.clear_filters,)
)


def folders_away(paths: tuple[Path, ...]) -> EmptyReason:
    """Returns the reason that all pictures lie on drives that are not there."""
    names = ", ".join(str(path) for path in paths[:3])
    return EmptyReason(
        "The folder is away",
        f"{names} cannot be reached. Its pictures are not forgotten: connect the drive and look again.",
        (Remedy.look_again, Remedy.add_folder),
    )


def reading(done: int, total: int, fault: str) -> EmptyReason:
    """Returns the reason that the index is made, for the first time or because of a fault."""
    why = "The index was damaged and is made anew from the pictures; ratings and tags lie beside them. "
    counted = f"{done:,} of {total:,} pictures." if total else f"{done:,} pictures found."
    title = "Rebuilding the gallery" if fault else "Reading your pictures"
    return EmptyReason(title, f"{why if fault else ''}{counted}", done=done, total=total)


class EmptyState(QWidget):
    """Shows one reason.

    Signals:
        chosen: a `Remedy`.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("galleryEmpty")
        self._title = text_label(name="galleryEmptyTitle", role="heading")
        self._sentence = text_label(role="hint")
        for label in (self._title, self._sentence):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setWordWrap(True)
        self._progress = progress_bar("Progress")
        self._buttons: dict[Remedy, QPushButton] = {}
        row = hbox(STRETCH, spacing=8)
        for remedy, (words, name) in REMEDIES.items():
            button = push_button(words, self._choose, name=name)
            button.setProperty("remedy", remedy)
            self._buttons[remedy] = button
            row.addWidget(button)
        row.addStretch(1)
        inner = QWidget()
        inner.setMaximumWidth(WIDTH_PX)
        vbox(self._title, self._sentence, self._progress, row, on=inner, margins=None, spacing=12)
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        across = hbox(STRETCH, stretched(inner, 8), STRETCH)
        layout.addLayout(across)
        layout.addStretch(3)
        self.show_reason(OPENING)

    def show_reason(self, reason: EmptyReason) -> None:
        self._title.setText(reason.title)
        self._sentence.setText(reason.sentence)
        self._progress.setVisible(reason.total > 0)
        self._progress.setRange(0, max(reason.total, 1))
        self._progress.setValue(reason.done)
        for remedy, button in self._buttons.items():
            button.setVisible(remedy in reason.remedies)

    @Slot()
    def _choose(self) -> None:
        self.chosen.emit(self.sender().property("remedy"))
