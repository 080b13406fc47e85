"""Keeps the mouse wheel from changing a value that the pointer only passes while the panel is scrolled."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QSlider, QWidget


class WheelGuard(QObject):
    """Lets sliders, combo and spin boxes below a widget turn only while they have the focus."""

    def __init__(self, root: QWidget) -> None:
        super().__init__(root)
        for kind in (QAbstractSpinBox, QComboBox, QSlider):
            for control in root.findChildren(kind):
                control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
                control.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False
