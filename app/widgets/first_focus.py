"""The keyboard's focus for a part of the window that has just opened."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def focus_first(part: QWidget) -> bool:
    """Gives the focus to the first widget of ``part`` that the Tab key reaches; False if there is none."""
    for widget in (part, *part.findChildren(QWidget)):
        is_reachable = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if is_reachable and widget.isEnabled() and widget.isVisibleTo(part):
            widget.setFocus(Qt.FocusReason.OtherFocusReason)
            return True
    return False
