"""Memory: how models are fitted into it, and what that means for the chosen one."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox

from app.preferences.device import LookingPage
from app.preferences.encodings import EncodingsSection
from app.preferences.page import GAP_PX, INDENT_PX
from app.session.background import BackgroundTasks
from app.session.device import NO_DEVICE
from app.session.memory import MemoryService
from app.session.memory_text import EXPLICIT, PLACEMENTS, TILES, WEIGHTS, planned_text
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.building import named
from core.language.words import tr
from core.models.memory_plan import Placement
from core.request.request import GenerationRequest

MOVING = (Placement.encoder_in_turns, Placement.model_offload, Placement.group_offload)
"""Placements for devices with a memory of their own."""


class MemoryPage(LookingPage):
    """A choice holds from the next load on, which the next picture begins with."""

    def __init__(
        self,
        settings_store: SettingsStore,
        session: Session,
        service: MemoryService,
        background: BackgroundTasks,
    ) -> None:
        super().__init__(tr("Memory"), "memoryPage", session)
        self._settings_store = settings_store
        self._service = service
        self.add_words("memoryPlanWords")
        self.add_look_button("lookForMemoryButton")
        self.column.addSpacing(GAP_PX)
        self._how = self.add_radio_buttons("memory", PLACEMENTS, settings_store.settings.memory)
        self._nowhere = self.add_hint(
            tr("The last three are for graphics cards: a processor computes where the weights are anyway."),
            INDENT_PX,
        )
        self._nowhere.setObjectName("memoryOfProcessor")
        self._how.idClicked.connect(self._choose)
        self._tiles = named(QCheckBox(TILES[0]), "tiledDecodeBox")
        self._tiles.setAccessibleDescription(TILES[1])
        self._tiles.setChecked(settings_store.settings.tiled_decode)
        self._tiles.toggled.connect(self._choose_tiles)
        self.column.addSpacing(4)
        self.column.addWidget(self._tiles)
        self.add_hint(TILES[1], INDENT_PX)
        encodings = EncodingsSection(settings_store, background)
        encodings.switched.connect(self._renew)
        self.add_section(tr("Prompts"))
        self.column.addWidget(encodings)
        self.add_section(tr("Precision of the weights"))
        self._bits = self.add_combo(tr("&Weights"), "weightBitsCombo", WEIGHTS, session.draft.weight_bits)
        self._bits.activated.connect(self._choose_bits)
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
        self._session.pool.restart()
        self._service.forget()

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
            self._words.setText(NO_DEVICE)
            return
        self._words.setText("\n".join((planned_text(self._service.planned), *self._other_plans())))

    def _other_plans(self) -> Iterator[str]:
        """Yields the plans for the places beside the first one, once their devices are known."""
        for runner in self._session.pool.runners[1:]:
            device = self._session.device.at.get(runner.place)
            plan = self._service.plan_for(device.dtype, device.memory) if device is not None else None
            if plan is not None:
                yield f"{self._session.place_text(runner)}: {plan.explain()}"
