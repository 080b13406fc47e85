"""Memory: how models are fitted into it, and what that means for the chosen one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QComboBox, QRadioButton

from app.messages.errors import Message
from app.preferences.device import TASK
from app.preferences.page import GAP_PX, Page
from app.session.memory import MemoryService
from app.session.memory_text import EXPLICIT, PLACEMENTS, TILES, WEIGHTS, planned_text
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.building import push_button, text_label
from core.models.memory_plan import MemoryInUse, Placement
from core.request.request import GenerationRequest
from core.runs.operations import ReportMemory

INDENT_PX = 24
MOVING = (Placement.model_offload, Placement.group_offload)
"""Placements for devices with a memory of their own."""


class MemoryPage(Page):
    """A choice holds from the next load on, which the next picture begins with."""

    def __init__(self, settings_store: SettingsStore, session: Session, service: MemoryService) -> None:
        super().__init__("Memory", "memoryPage")
        self._settings_store = settings_store
        self._session = session
        self._service = service
        self._words = text_label(name="memoryPlanWords", is_plain=True, wraps=True)
        self.column.addWidget(self._words)
        self._look = push_button("Look now", self._look_now, name="lookForMemoryButton")
        self.column.addWidget(self._look, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addSpacing(GAP_PX)
        self._how = QButtonGroup(self)
        for number, (choice, (text, about)) in enumerate(PLACEMENTS.items()):
            button = QRadioButton(text)
            button.setObjectName(f"memory-{choice.name if choice is not None else 'automatic'}")
            button.setAccessibleDescription(about)
            button.setChecked(choice is settings_store.settings.memory)
            self._how.addButton(button, number)
            self.column.addWidget(button)
            self.add_hint(about, INDENT_PX)
        self._nowhere = self.add_hint(
            "The last two are for graphics cards: a processor computes where the weights are anyway.", INDENT_PX
        )
        self._nowhere.setObjectName("memoryOfProcessor")
        self._how.idClicked.connect(self._choose)
        self._tiles = QCheckBox(TILES[0])
        self._tiles.setObjectName("tiledDecodeBox")
        self._tiles.setAccessibleDescription(TILES[1])
        self._tiles.setChecked(settings_store.settings.tiled_decode)
        self._tiles.toggled.connect(self._choose_tiles)
        self.column.addSpacing(4)
        self.column.addWidget(self._tiles)
        self.add_hint(TILES[1], INDENT_PX)
        self.add_section("Precision of the weights")
        self._bits = QComboBox()
        self._bits.setObjectName("weightBitsCombo")
        for bits, (text, about) in WEIGHTS.items():
            self._bits.addItem(text, bits)
            self._bits.setItemData(self._bits.count() - 1, about, Qt.ItemDataRole.ToolTipRole)
        self._bits.activated.connect(self._choose_bits)
        self.add_row("&Weights", self._bits)
        self._about_bits = self.add_hint("")
        self._about_bits.setObjectName("weightBitsHint")
        self._show_bits(session.draft)
        self.end()
        service.changed.connect(self._show)
        session.device.changed.connect(self._show)
        session.draft_edited.connect(self._show_bits)
        service.ask()
        self._show()

    @Slot(int)
    def _choose(self, number: int) -> None:
        self._settings_store.change(memory=list(PLACEMENTS)[number])
        self._renew()

    @Slot(bool)
    def _choose_tiles(self, is_tiled: bool) -> None:
        self._settings_store.change(tiled_decode=is_tiled)
        self._renew()

    @Slot()
    def _choose_bits(self) -> None:
        self._session.edit(weight_bits=self._bits.currentData())
        self._service.plan()

    @Slot(object)
    def _show_bits(self, draft: GenerationRequest) -> None:
        self._bits.setCurrentIndex(self._bits.findData(draft.weight_bits))
        about = WEIGHTS[draft.weight_bits][1]
        self._about_bits.setText(about if draft.weight_bits is None else f"{about} {EXPLICIT}")

    def _renew(self) -> None:
        self._session.engine_tasks.restart_engine()
        self._service.forget()

    @Slot()
    def _look_now(self) -> None:
        self._look.setEnabled(False)
        self._words.setText("Looking …")
        self._session.engine_tasks.submit(TASK, ReportMemory(), self._finish, self._refuse)

    def _finish(self, _memory: MemoryInUse) -> None:
        self._show()

    def _refuse(self, message: Message) -> None:
        self._look.setEnabled(True)
        self._words.setText(str(message))

    @Slot()
    def _show(self) -> None:
        device = self._session.device.chosen
        self._look.setVisible(device is None)
        is_processor = device is not None and device.kind == "cpu"
        self._nowhere.setVisible(is_processor)
        for number, choice in enumerate(PLACEMENTS):
            button = self._how.button(number)
            button.setEnabled(not (is_processor and choice in MOVING) or button.isChecked())
        if device is None:
            self._words.setText("Nobody has looked for a device yet: that happens when the first picture is made.")
            return
        self._words.setText(planned_text(self._service.planned))
