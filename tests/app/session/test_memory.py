"""The window knows how the chosen model is fitted into the memory, before it is loaded and after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.controls.memory_line import MemoryLine
from app.session.device import ChosenDevice
from app.session.memory import MemoryService
from app.session.memory_text import planned_text, short_text
from app.session.run import RunState
from app.session.session import Session
from app.session.settings_store import SettingsStore
from core.families import FAMILIES
from core.models.memory_plan import GIB, DeviceMemory, MemoryInUse, Placement, plan_memory
from core.paths import Folders
from core.request.request import GenerationRequest, Size
from tests.app.conftest import MakeSession
from tests.fakes import FakeDrafts, FakeEngine, FakeModels, model
from tests.sparse_weights import SDXL, sparse_model

FAMILY = FAMILIES["stable_diffusion_xl"]


@dataclass
class Bench:
    """A desk with what it looks at."""

    memory: MemoryService
    session: Session
    settings_store: SettingsStore
    engine: FakeEngine

    @property
    def words(self) -> str:
        return planned_text(self.memory.planned)

    @property
    def short(self) -> str:
        return short_text(self.memory.planned)

    def show_gpu(self, qtbot: QtBot, free_gib: float) -> None:
        memory = DeviceMemory("cuda", 24 * GIB, int(free_gib * GIB))
        with qtbot.waitSignal(self.memory.changed):
            self.session.device.choose(ChosenDevice("cuda", "Example 4070", "bfloat16", "", memory))


@pytest.fixture
def service(tmp_path: Path, make_session: MakeSession, qtbot: QtBot) -> Iterator[Bench]:
    """Its model has the weights of a large one; another model has no files."""
    large = replace(model("large"), folder=sparse_model(tmp_path / "large", SDXL))
    engine = FakeEngine()
    draft = GenerationRequest("a", model="large", size=Size(256, 256), steps=2)
    session = make_session(engine, FakeModels(large, model("empty")), FakeDrafts(draft))
    settings_store = SettingsStore(Folders(*(tmp_path / name for name in Folders.__dataclass_fields__)))
    memory = MemoryService(session, settings_store)
    yield Bench(memory, session, settings_store, engine)


def test_nothing_is_planned_before_a_device_is_chosen(service: Bench) -> None:
    service.memory.plan()
    assert service.memory.planned.plan is None
    assert service.short == ""


def test_the_plan_follows_device_and_settings(service: Bench, qtbot: QtBot) -> None:
    service.show_gpu(qtbot, 5.7)
    assert service.short == "Text encoder and network by turns on the device."
    assert service.words.startswith("Large at 256 × 256, not loaded yet. Text encoder and network by turns")
    service.settings_store.change(memory=Placement.group_offload)
    service.memory.forget()
    assert "A few layers on the device at a time, as you have chosen: " in service.words
    service.settings_store.change(memory=None, tiled_decode=True)
    service.memory.forget()
    assert service.short == "Text encoder and network by turns on the device, decoded in tiles."


def test_a_model_that_fits_needs_no_words_in_the_window(service: Bench, qtbot: QtBot) -> None:
    line = MemoryLine(service.memory)
    qtbot.addWidget(line)
    service.show_gpu(qtbot, 20.0)
    assert "Everything on the device: 6.9 GB of weights" in service.words
    assert line.isHidden()


def test_the_window_says_when_a_model_is_not_on_the_device_as_a_whole(service: Bench, qtbot: QtBot) -> None:
    line = MemoryLine(service.memory)
    qtbot.addWidget(line)
    service.show_gpu(qtbot, 3.5)
    assert not line.isHidden()
    assert line.text() == "A few layers on the device at a time."
    assert "3.8 GB of memory are free" in line.toolTip()


def test_a_model_that_cannot_fit_is_told_in_the_colour_of_errors(service: Bench, qtbot: QtBot) -> None:
    line = MemoryLine(service.memory)
    qtbot.addWidget(line)
    service.show_gpu(qtbot, 0.3)
    assert line.text() == "May not fit into memory."
    assert line.property("tone") == "error"


def test_another_size_and_another_model_are_planned_for(service: Bench, qtbot: QtBot) -> None:
    service.show_gpu(qtbot, 20.0)
    with qtbot.waitSignal(service.memory.changed):
        service.session.edit(size=Size(128, 128))
    assert service.memory.planned.size == "128 × 128"
    with qtbot.waitSignal(service.memory.changed):
        service.session.edit(model="empty")
    assert service.words == "How much memory Empty needs is not known."
    assert service.short == ""


def test_what_is_loaded_is_told_by_the_engine(service: Bench, qtbot: QtBot) -> None:
    service.show_gpu(qtbot, 20.0)
    device = DeviceMemory("cuda", 24 * GIB, 20 * GIB)
    plan = plan_memory(FAMILY, SDXL, "bfloat16", Size(256, 256), device)
    service.engine.memory = MemoryInUse(device, "large", None, plan, Placement.model_offload, held=5 * GIB)
    assert service.session.device.held is None
    service.session.generate()
    qtbot.waitUntil(lambda: service.session.state is RunState.idle and service.memory.planned.is_in_use)
    assert service.session.device.held == 5 * GIB
    assert service.words.startswith("Large, loaded. Everything on the device: ")
    assert service.short == "Memory ran out; now one part of the model on the device at a time."
    service.memory.forget()
    assert not service.memory.planned.is_in_use
    assert service.short == ""


def test_a_processor_is_planned_with_the_memory_that_the_computer_has(service: Bench, qtbot: QtBot) -> None:
    with qtbot.waitSignal(service.memory.changed):
        service.session.device.choose(ChosenDevice("cpu", "Example 7", "float32", ""))
    plan = service.memory.planned.plan
    assert plan is not None
    assert 0 < plan.free <= 2**50


def test_packed_weights_are_planned_for_and_said_in_the_window(service: Bench, qtbot: QtBot) -> None:
    service.show_gpu(qtbot, 20.0)
    with qtbot.waitSignal(service.memory.changed):
        service.session.edit(weight_bits=4)
    assert service.short == "Weights in 4 bit."
    assert "Large at 256 × 256, weights in 4 bit, not loaded yet. Everything on the device: 2.3" in service.words


def test_a_model_that_is_loaded_with_other_weights_will_be_loaded_anew(service: Bench, qtbot: QtBot) -> None:
    service.show_gpu(qtbot, 20.0)
    device = DeviceMemory("cuda", 24 * GIB, 20 * GIB)
    plan = plan_memory(FAMILY, SDXL, "bfloat16", Size(256, 256), device, weight_bits=8)
    service.engine.memory = MemoryInUse(device, "large", 8, plan, Placement.on_device)
    service.session.generate()
    qtbot.waitUntil(lambda: service.session.state is RunState.idle)
    service.memory.ask()
    qtbot.wait(20)
    assert not service.memory.planned.is_in_use


def test_each_place_has_a_plan_of_its_own(service: Bench, qtbot: QtBot) -> None:
    small = DeviceMemory("cuda", 8 * GIB, 2 * GIB)
    assert service.memory.plan_for("bfloat16", small) is None  # its weights are not counted yet
    service.show_gpu(qtbot, 23.0)
    own, other = service.memory.planned.plan, service.memory.plan_for("bfloat16", small)
    assert own is not None
    assert other is not None
    assert own.placement is Placement.on_device
    assert other.placement is Placement.group_offload
    assert service.memory.plan_for("bfloat16", None) is None
