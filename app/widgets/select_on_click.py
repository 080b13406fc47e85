"""A click into a spin box selects its number: typed behind the unit, digits would be swallowed."""

from PySide6.QtCore import QEvent, QMetaObject, QObject, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QAbstractSpinBox


class SelectOnClick(QObject):
    """Selects the number of a spin box that gets the focus by the mouse, as Qt does for the Tab key."""

    def __init__(self, spin: QAbstractSpinBox) -> None:
        super().__init__(spin)
        spin.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() is QEvent.Type.FocusIn
            and isinstance(event, QFocusEvent)
            and event.reason() is Qt.FocusReason.MouseFocusReason
        ):  # after the click, which sets the cursor
            QMetaObject.invokeMethod(watched, "selectAll", Qt.ConnectionType.QueuedConnection)
        return False
