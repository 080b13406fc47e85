"""Plans how the chosen model fits into the memory; reports the engine's own plan once it is loaded."""

import logging
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.messages.errors import Message
from app.session.control_selection import ControlSelection
from app.session.session import Session
from app.session.settings_store import SettingsStore
from core.errors import EmulsionError
from core.families import FAMILIES
from core.models.catalogue import Model
from core.models.memory_plan import (
    DeviceMemory,
    MemoryInUse,
    MemoryPlan,
    Placement,
    computer_memory,
    plan_memory,
)
from core.models.model_weights import ModelWeights
from core.models.parameter_count import weights_in
from core.pictures.reference import seen_pixels
from core.request.request import GenerationRequest
from core.runs.operations import ReportMemory

log = logging.getLogger(__name__)

TASK = "memory"
PLAN_AFTER_MS = 150


@dataclass(frozen=True, slots=True)
class Planned:
    """The memory plan of the draft's model.

    Attributes:
        model: its name; "" when the draft's model is not there.
        plan: None when its weights cannot be counted, or no device was chosen yet.
        is_in_use: the model is loaded in this way; otherwise it will be, with the next picture.
        weight_bits: as in `GenerationRequest`.
        fallen_back_to: the placement that memory allowed when the planned one ran out of it.
    """

    model: str = ""
    size: str = ""
    plan: MemoryPlan | None = None
    is_in_use: bool = False
    weight_bits: int | None = None
    fallen_back_to: Placement | None = None


class MemoryService(QObject):
    """Part of the window.

    Attributes:
        planned: what holds now.

    Signals:
        changed: ``planned`` is another one.
    """

    changed = Signal()

    def __init__(
        self, session: Session, settings_store: SettingsStore, controls: ControlSelection | None = None
    ) -> None:
        """``controls`` tells what networks beside the model's need."""
        super().__init__(session)
        self._controls = controls
        self._session = session
        self._settings_store = settings_store
        self.planned = Planned()
        self._use: MemoryInUse | None = None
        self._weights: dict[str, ModelWeights | None] = {}
        self._tasks = session.background.queue(self, "memory")
        self._timer = QTimer(self, singleShot=True, interval=PLAN_AFTER_MS)
        self._timer.timeout.connect(self.plan)
        session.draft_edited.connect(self._plan_soon)
        session.models_changed.connect(self._plan_anew)
        session.run_started.connect(self.ask)
        session.run_ended.connect(self.ask)
        session.device.changed.connect(self.plan)
        if controls is not None:
            controls.changed.connect(self.plan)
        self.plan()

    @property
    def device(self) -> DeviceMemory | None:
        """Returns the memory that the next model can have; None before a device was chosen."""
        chosen = self._session.device.chosen
        if chosen is None:
            return None
        if self._use is not None:
            return self._use.device
        return computer_memory() if chosen.kind == "cpu" else chosen.memory

    def forget(self) -> None:
        """Other settings hold from the next load on: how the present model was loaded counts no more."""
        if self._use is not None:
            self._use = MemoryInUse(self._use.device)
        self.plan()

    @Slot()
    def ask(self) -> None:
        """Has the engine tell what it holds, as soon as it can."""
        if self._session.device.chosen is not None:
            self._session.engine_tasks.submit(TASK, ReportMemory(), self._take, self._pass_over)

    @Slot()
    def plan(self) -> None:
        """Looks at draft, settings and free memory again."""
        self._timer.stop()
        draft = self._session.draft
        model, chosen, use = self._session.model_of(draft), self._session.device.chosen, self._use
        planned = Planned(model.name if model is not None else "", draft.size.words, weight_bits=draft.weight_bits)
        if model is None or chosen is None:
            self._show(planned)
        elif use is not None and use.plan is not None and _is_of(use, draft):
            self._show(replace(planned, plan=use.plan, is_in_use=True, fallen_back_to=use.fallen_back_to))
        elif model.key not in self._weights:
            count = partial(weights_in, model.folder, model.file, model.parts.places)
            told = partial(self._on_counted, model)
            self._tasks.submit(count, told, partial(self._on_uncountable, model))
        else:
            self._show(replace(planned, plan=self.plan_for(chosen.dtype, self.device)))

    def plan_for(self, dtype: str, device: DeviceMemory | None) -> MemoryPlan | None:
        """Returns the plan of the draft's model on a device; None while its weights are not counted."""
        draft, settings = self._session.draft, self._settings_store.settings
        model = self._session.model_of(draft)
        weights = self._weights.get(model.key) if model is not None else None
        if model is None or weights is None or device is None:
            return None
        weights = replace(weights, beside=self._controls.values_of(draft) if self._controls is not None else 0)
        how = (settings.memory, settings.tiled_decode, draft.weight_bits, seen_pixels(draft.references))
        return plan_memory(FAMILIES[model.family], weights, dtype, draft.size, device, *how)

    def _take(self, use: MemoryInUse) -> None:
        self._use = use
        self._session.device.held = use.held  # the readout looks every other second
        self.plan()

    def _pass_over(self, problem: Message) -> None:
        """Ignores a problem of the device, which the run that needs it reports."""
        log.info("the engine did not tell its memory: %s", problem)

    @Slot()
    def _plan_anew(self) -> None:
        self._weights.clear()
        self._timer.start()

    @Slot()
    def _plan_soon(self) -> None:
        self._timer.start()

    def _on_counted(self, model: Model, weights: ModelWeights | None) -> None:
        self._weights[model.key] = weights
        self.plan()

    def _on_uncountable(self, model: Model, error: EmulsionError) -> None:
        log.info("%s cannot be planned for: %s", model.key, error)
        self._on_counted(model, None)

    def _show(self, planned: Planned) -> None:
        if planned != self.planned:
            self.planned = planned
            self.changed.emit()


def _is_of(use: MemoryInUse, draft: GenerationRequest) -> bool:
    return (use.model, use.weight_bits) == (draft.model, draft.weight_bits)
