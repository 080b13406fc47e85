"""Several widgets as one stop of the Tab key, among which the arrow keys move."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

_CHANGES = (
    QEvent.Type.Show,
    QEvent.Type.ShowToParent,
    QEvent.Type.HideToParent,
    QEvent.Type.EnabledChange,
)


class ArrowKeys(QObject):
    """The Tab key reaches the item that had the focus last; as in the toolbars of WAI-ARIA's authoring practices.

    In a `QLineEdit` the arrow keys leave only at the end of the text.
    """

    def __init__(self, container: QWidget, items: Sequence[QWidget]) -> None:
        """All ``items`` lie in ``container``, in their order on the screen."""
        super().__init__(container)
        self._items = tuple(items)
        watched = {container}
        for item in items:
            above: QWidget | None = item
            while above is not None and above not in watched:
                watched.add(above)
                above = above.parentWidget()
        for widget in watched:
            widget.installEventFilter(self)
        self._stop = self._items[0]
        self._settle()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _CHANGES:
            self._settle()
        elif watched in self._items and isinstance(watched, QWidget):
            if event.type() is QEvent.Type.FocusIn:
                self._choose(watched)
            elif isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
                return self._go(watched, event)
        return super().eventFilter(watched, event)

    def _go(self, current: QWidget, event: QKeyEvent) -> bool:
        way = _way(current, event)
        reachable = [item for item in self._items if _can_be_reached(item)]
        if not way or current not in reachable:
            return False
        place = reachable.index(current) + way
        if 0 <= place < len(reachable):
            reachable[place].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def _settle(self) -> None:
        reachable = [item for item in self._items if _can_be_reached(item)]
        self._choose(self._stop if self._stop in reachable or not reachable else reachable[0])

    def _choose(self, stop: QWidget) -> None:
        self._stop = stop
        for item in self._items:
            item.setFocusPolicy(Qt.FocusPolicy.TabFocus if item is stop else Qt.FocusPolicy.NoFocus)
            if isinstance(item, QLineEdit):
                item.setFocusPolicy(Qt.FocusPolicy.StrongFocus if item is stop else Qt.FocusPolicy.ClickFocus)


def _can_be_reached(item: QWidget) -> bool:
    return item.isEnabled() and item.isVisibleTo(item.window())


def _way(current: QWidget, event: QKeyEvent) -> int:
    """Returns 1 for onward, -1 for back, 0 for a key that stays with the item."""
    if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
        return 0
    key = event.key()
    onward, back = Qt.Key.Key_Right, Qt.Key.Key_Left
    if current.layoutDirection() is Qt.LayoutDirection.RightToLeft:
        onward, back = back, onward
    if isinstance(current, QLineEdit):
        is_at_end = current.cursorPosition() == len(current.text()) and not current.hasSelectedText()
        return int(is_at_end and key == onward)
    return int(key in (onward, Qt.Key.Key_Down)) - int(key in (back, Qt.Key.Key_Up))
