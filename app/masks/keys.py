"""The keys for painting, as in Krita (its default scheme); the tooltips and the list of shortcuts name them."""

from enum import Enum

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from core.language.words import tr


class MaskAction(Enum):
    """Something to do while painting.

    Attributes:
        words: as buttons call it. keys: those that do it, the first one is named.
        icon: of its button.
    """

    brush = tr("Brush"), ("B",), "brush"
    rectangle = tr("Rectangle"), ("R", "Ctrl+R"), "rectangle"
    lasso = tr("Lasso"), ("L",), "lasso"
    eraser = tr("Eraser"), ("E",), "eraser"
    ink = tr("White or black, over a map"), ("X",), "swap"
    smaller = tr("Smaller brush"), ("[",), ""
    larger = tr("Larger brush"), ("]",), ""
    weaker = tr("Weaker brush"), ("I",), ""
    stronger = tr("Stronger brush"), ("O",), ""
    undo = tr("Undo"), ("Ctrl+Z",), "undo"
    redo = tr("Redo"), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo"
    invert = tr("Invert the mask"), ("Ctrl+I", "Ctrl+Shift+I"), "invert"
    fill = tr("Mask the whole picture"), ("Ctrl+A",), "fill"
    clear = tr("Clear the mask"), ("Del", "Ctrl+Shift+A"), "trash"
    actual_size = tr("Actual size (100 %)"), ("1", "Ctrl+1"), "actual-size"
    fit = tr("Fit to window"), ("2", "0", "Ctrl+0"), "fit"
    zoom_in = tr("Zoom in"), ("+", "=", "Ctrl++", "Ctrl+="), ""
    zoom_out = tr("Zoom out"), ("-", "Ctrl+-"), ""

    def __init__(self, words: str, keys: tuple[str, ...], icon: str) -> None:
        self.words = words
        self.keys = keys
        self.icon = icon

    @property
    def key(self) -> str:
        """Returns the first key, as the system writes it."""
        return QKeySequence(self.keys[0]).toString(QKeySequence.SequenceFormat.NativeText)

    @property
    def tip(self) -> str:
        return f"{self.words} ({self.key})"


def action_of(event: QKeyEvent) -> MaskAction | None:
    """Returns the action that a key stands for; keys are told by the character that they write, too."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    pressed = QKeySequence(QKeyCombination(modifiers, Qt.Key(event.key())))
    for action in MaskAction:
        # [ and ] need a modifier on many keyboards
        if any(QKeySequence(key) == pressed for key in action.keys) or event.text() in action.keys:
            return action
    return None
