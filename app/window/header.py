"""The bar at the top of the window: the places to be, and what computes."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QFontMetrics
from PySide6.QtWidgets import QFrame, QPushButton, QToolButton, QWidget

from app.widgets.building import STRETCH, hbox, push_button
from app.window.window_layout import HEADER_PX

PLACE_MARGINS_PX = 28


class Header(QFrame):
    """Shows a switch as soon as there is more than one place."""

    def __init__(self, left_pane: QAction, right_pane: QAction, device_label: QWidget) -> None:
        super().__init__()
        self.setObjectName("header")
        self.setProperty("role", "header")
        self.setFixedHeight(HEADER_PX)
        self._places: list[QPushButton] = []
        self._place_row = hbox(spacing=0)
        hbox(
            _toggle(left_pane),
            self._place_row,
            STRETCH,
            device_label,
            _toggle(right_pane),
            on=self,
            margins=(8, 0, 8, 0),
            spacing=8,
        )

    def add_page(self, switch: QAction) -> None:
        """Adds a button for the checkable action that shows a page."""
        button = push_button(switch.text(), switch.trigger, kind="place")
        button.setCheckable(True)
        button.setAutoExclusive(True)
        button.setChecked(switch.isChecked())
        switch.toggled.connect(button.setChecked)
        bold = self.font()
        bold.setBold(True)  # as the chosen place is written
        button.setMinimumWidth(QFontMetrics(bold).horizontalAdvance(switch.text()) + PLACE_MARGINS_PX)
        self._places.append(button)
        self._place_row.addWidget(button)
        for place in self._places:
            place.setVisible(len(self._places) > 1)


def _toggle(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setProperty("kind", "quiet")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(action.text())
    return button
