"""All controls of the place *Create*, in one column that scrolls; the buttons below it stay in view."""

from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QStyle, QWidget

from app.controls.control_list import ControlList
from app.controls.fold_table import FOLDS
from app.controls.folds import STARTS, FoldBar
from app.controls.loras import LorasControl
from app.controls.mask import MaskControl
from app.controls.presets import PresetMenu
from app.controls.prompt import PromptControl
from app.controls.references import ReferencesControl
from app.controls.run_buttons import RunButtons
from app.controls.source import SourceControl
from app.controls.suggestions import Suggestions
from app.controls.table import FOLDED, ROWS, Services
from app.controls.token_counting import TokenCounting
from app.controls.wheel_guard import WheelGuard
from app.session.autoencoder_selection import AutoencoderSelection
from app.session.control_selection import ControlSelection
from app.session.mask_selection import MaskSelection
from app.session.memory import MemoryService
from app.session.session import Session
from app.session.upscaler_selection import UpscalerSelection
from app.widgets.arrow_keys import ArrowKeys
from app.widgets.building import hbox, scroll_area, stretched, vbox
from app.widgets.drop_router import DropRouter, DropRule, is_source
from app.widgets.drop_router import first as first_of
from app.widgets.field import Field
from app.widgets.icon_button import IconButton
from core.language.words import tr

MARGIN_PX = 16
SPACING_PX = 12
GAP_PX = 8
SMALLEST_WIDTH_PX = 304
LOW_PX = 680
"""A lower panel, as in a window of 1024x700, has chips of rare fields in a menu, and so shows the seed."""
CLOSE_PX = 20
NUMBER_PX = 72
"""The width of the controls behind the first one in a row, which takes the rest."""


class ControlPanel(QFrame):
    """The left pane of the window.

    Attributes:
        loras, prompt, source, mask_control: the controls of LoRAs, the prompt, the start image and its mask.
        presets: the menu of the model's presets.
        folds: shows and hides the fields that are seldom used.
    """

    def __init__(
        self,
        session: Session,
        autoencoders: AutoencoderSelection,
        memory: MemoryService,
        upscalers: UpscalerSelection,
        masks: MaskSelection,
        controls: ControlSelection,
    ) -> None:
        super().__init__()
        self.setObjectName("controlPanel")
        self.setProperty("role", "panel")
        services = Services(session, TokenCounting(), autoencoders, memory, upscalers, masks, controls)
        column = self._column = QWidget()
        column.setProperty("role", "panel")
        fields = vbox(on=column, margins=(MARGIN_PX, MARGIN_PX, MARGIN_PX, SPACING_PX), spacing=SPACING_PX)
        slots = {name: QWidget() for name in FOLDS}
        self.folds = FoldBar(session, FOLDS, slots)
        for row in ROWS:
            if row is FOLDED:
                fields.addWidget(self.folds)
                continue
            first, *others = (make(services) for make in row.values())
            name = next(iter(row))
            if name in FOLDS:
                if name in STARTS and (field := first.findChild(Field)) is not None:
                    field.top.addWidget(self._close_button(name))
                vbox(first, on=slots[name])
                first = slots[name]
            for other in others:
                captions = [label for label in other.findChildren(QLabel) if label.text()]
                for caption in captions:
                    caption.ensurePolished()
                other.setFixedWidth(
                    max(NUMBER_PX, *(caption.sizeHint().width() + MARGIN_PX for caption in captions))
                )
            fields.addLayout(hbox(stretched(first), *others, spacing=GAP_PX))
        fields.addStretch(1)
        (self.loras,) = column.findChildren(LorasControl)
        (self.prompt,) = (found for found in column.findChildren(PromptControl) if not found.is_negative)
        (self.source,) = column.findChildren(SourceControl)
        (self.mask_control,) = column.findChildren(MaskControl)
        (self.presets,) = column.findChildren(PresetMenu)
        (suggestions,) = column.findChildren(Suggestions)
        (references,) = column.findChildren(ReferencesControl)
        (guides,) = column.findChildren(ControlList)
        DropRouter(self.folds.chips["controls"], [DropRule(is_source, first_of(guides.add))])
        DropRouter(self.folds.chips["references"], [DropRule(is_source, references.add)])
        DropRouter(self.folds.chips["source"], [DropRule(is_source, first_of(self.source.choose))])
        ArrowKeys(column, (*suggestions.buttons, *self.folds.chips.values(), self.folds.more))
        area = scroll_area(column, tr("Controls"))
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        line = QFrame()
        line.setFrameShape(QFrame.Shape.HLine)
        bottom = vbox(RunButtons(session, masks), margins=(MARGIN_PX, SPACING_PX, MARGIN_PX, MARGIN_PX))
        vbox(stretched(area), line, bottom, on=self, spacing=0)
        WheelGuard(self)

    def _close_button(self, name: str) -> IconButton:
        title = FOLDS[name].title
        button = IconButton(
            "close", tr("{title}: switch off and fold away", title=title), f"{name}Close", name=title
        )
        button.setFixedSize(CLOSE_PX, CLOSE_PX)
        button.setStyleSheet("padding: 1px")
        button.clicked.connect(partial(self.folds.fold_away, name))
        return button

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.folds.set_low(is_low=self.height() < LOW_PX)

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        content = self._column.minimumSizeHint().width() + bar
        return hint.expandedTo(QSize(max(SMALLEST_WIDTH_PX, content), hint.height()))
