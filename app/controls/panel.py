"""All controls of the place *Create*, in one column that scrolls; the buttons below it stay in view."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.controls.autoencoder import AutoencoderControl
from app.controls.count import CountControl
from app.controls.early_choice import EarlyChoiceControl
from app.controls.guidance import GuidanceControl
from app.controls.loras import LorasControl
from app.controls.memory_line import MemoryLine
from app.controls.model import ModelControl
from app.controls.previews import PreviewControl
from app.controls.prompt import PromptControl
from app.controls.run_buttons import RunButtons
from app.controls.sampler import SamplerControl
from app.controls.seed import SeedControl
from app.controls.size import SizeControl
from app.controls.source import SourceControl
from app.controls.steps import StepsControl
from app.controls.token_counting import TokenCounting
from app.controls.wheel_guard import WheelGuard
from app.session.autoencoder_selection import AutoencoderSelection
from app.session.memory import MemoryService
from app.session.session import Session

MARGIN_PX = 16
SPACING_PX = 12
SMALLEST_WIDTH_PX = 304


class ControlPanel(QFrame):
    """The left pane of the window."""

    def __init__(self, session: Session, autoencoders: AutoencoderSelection, memory: MemoryService) -> None:
        super().__init__()
        self.setObjectName("controlPanel")
        self.setProperty("role", "panel")
        self.setMinimumWidth(SMALLEST_WIDTH_PX)
        counting = TokenCounting()
        self.prompt = PromptControl(session, "prompt", counting)
        self.negative_prompt = PromptControl(session, "negative_prompt", counting)
        self.loras = LorasControl(session)
        self.buttons = RunButtons(session)
        self.autoencoder = AutoencoderControl(autoencoders)
        self.previews = PreviewControl(session, autoencoders)
        self.memory_line = MemoryLine(memory)
        seed = SeedControl(session)
        column = QWidget()
        column.setProperty("role", "panel")
        controls = QVBoxLayout(column)
        controls.setContentsMargins(MARGIN_PX, MARGIN_PX, MARGIN_PX, SPACING_PX)
        controls.setSpacing(SPACING_PX)
        controls.addWidget(self.prompt, 5)
        controls.addWidget(self.negative_prompt, 3)
        controls.addWidget(SourceControl(session))
        controls.addWidget(ModelControl(session))
        controls.addWidget(self.memory_line)
        controls.addWidget(self.autoencoder)
        controls.addWidget(self.loras)
        controls.addWidget(SizeControl(session))
        controls.addLayout(_side_by_side(SamplerControl(session), StepsControl(session)))
        controls.addLayout(_side_by_side(GuidanceControl(session), CountControl(session)))
        controls.addWidget(EarlyChoiceControl(session))
        controls.addWidget(seed)
        controls.addWidget(self.previews)
        controls.addStretch(1)
        area = QScrollArea()
        area.setWidget(column)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        line = QFrame()
        line.setFrameShape(QFrame.Shape.HLine)
        bottom = QVBoxLayout()
        bottom.setContentsMargins(MARGIN_PX, SPACING_PX, MARGIN_PX, MARGIN_PX)
        bottom.addWidget(self.buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(area, 1)
        layout.addWidget(line)
        layout.addLayout(bottom)
        WheelGuard(self)


def _side_by_side(wide: QWidget, narrow: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(SPACING_PX)
    row.addWidget(wide, 3)
    row.addWidget(narrow, 2)
    return row
