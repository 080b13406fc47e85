"""The bar at the top of the window: the places to be, and what computes."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QToolButton, QWidget

from app.widgets.building import STRETCH, hbox, push_button

HEIGHT_PX = 44
PLACE_MARGINS_PX = 28


class Header(QFrame):
    """Shows a switch as soon as there is more than one place.

    Signals:
        place_chosen: its number, from 0.
    """

    page_chosen = Signal(int)

    def __init__(self, left_pane: QAction, right_pane: QAction, device_label: QWidget) -> None:
        super().__init__()
        self.setObjectName("header")
        self.setProperty("role", "header")
        self.setFixedHeight(HEIGHT_PX)
        self._places = QButtonGroup(self)
        self._places.idClicked.connect(self.page_chosen)
        self._place_row = QHBoxLayout()
        self._place_row.setSpacing(0)
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

    def add_page(self, title: str) -> None:
        button = push_button(title, kind="place")
        button.setCheckable(True)
        bold = self.font()
        bold.setBold(True)  # as the chosen place is written
        button.setMinimumWidth(QFontMetrics(bold).horizontalAdvance(title) + PLACE_MARGINS_PX)
        number = len(self._places.buttons())
        button.setChecked(number == 0)
        self._places.addButton(button, number)
        self._place_row.addWidget(button)
        for place in self._places.buttons():
            place.setVisible(number > 0)

    def check_place(self, number: int) -> None:
        """Marks the place that is shown."""
        self._places.button(number).setChecked(True)


def _toggle(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setProperty("kind", "quiet")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(action.text())
    return button
