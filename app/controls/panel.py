"""All controls of the place *Create*, in one column that scrolls; the buttons below it stay in view."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QWidget

from app.controls.loras import LorasControl
from app.controls.run_buttons import RunButtons
from app.controls.table import ROWS, Services
from app.controls.token_counting import TokenCounting
from app.controls.wheel_guard import WheelGuard
from app.session.autoencoder_selection import AutoencoderSelection
from app.session.memory import MemoryService
from app.session.session import Session
from app.widgets.building import hbox, scroll_area, stretched, vbox

MARGIN_PX = 16
SPACING_PX = 12
SMALLEST_WIDTH_PX = 304
WIDTHS = (3, 2)
"""The shares of the controls in a row."""


class ControlPanel(QFrame):
    """The left pane of the window.

    Attributes:
        loras: the control that asks for files of LoRAs.
    """

    def __init__(self, session: Session, autoencoders: AutoencoderSelection, memory: MemoryService) -> None:
        super().__init__()
        self.setObjectName("controlPanel")
        self.setProperty("role", "panel")
        self.setMinimumWidth(SMALLEST_WIDTH_PX)
        services = Services(session, TokenCounting(), autoencoders, memory)
        column = QWidget()
        column.setProperty("role", "panel")
        controls = vbox(on=column, margins=(MARGIN_PX, MARGIN_PX, MARGIN_PX, SPACING_PX), spacing=SPACING_PX)
        for row in ROWS:
            widgets = [make(services) for make in row.values()]
            if len(widgets) == 1:
                controls.addWidget(widgets[0])
            else:
                parts = (stretched(widget, share) for widget, share in zip(widgets, WIDTHS, strict=True))
                controls.addLayout(hbox(*parts, spacing=SPACING_PX))
        controls.addStretch(1)
        (self.loras,) = column.findChildren(LorasControl)
        area = scroll_area(column)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        line = QFrame()
        line.setFrameShape(QFrame.Shape.HLine)
        bottom = vbox(RunButtons(session), margins=(MARGIN_PX, SPACING_PX, MARGIN_PX, MARGIN_PX))
        vbox(stretched(area), line, bottom, on=self, spacing=0)
        WheelGuard(self)
