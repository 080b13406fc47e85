"""The window knows how the chosen model is fitted into the memory, before it is loaded and after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.controls.memory_line import MemoryLine
from app.session.memory import MemoryDesk
from app.session.memory_text import planned_words, short_words
from app.session.run import RunState
from app.session.session import Studio
from app.session.settings_store import SettingsKeeper
from app.window.device_label import ChosenDevice, DeviceReadout
from core.models.memory_plan import GIB, DeviceMemory, MemoryInUse, Placement, plan_memory
from core.paths import Folders
from core.request.request import GenerationRequest, Size
from tests.app.conftest import MakeStudio
from tests.fakes import FakeDrafts, FakeEngine, FakeModels, model
from tests.sparse_weights import SDXL, sparse_model


@dataclass
class Desk:
    """A desk with what it looks at."""

    memory: MemoryDesk
    studio: Studio
    keeper: SettingsKeeper
    readout: DeviceReadout
    engine: FakeEngine

    @property
    def words(self) -> str:
        return planned_words(self.memory.planned)

    @property
    def short(self) -> str:
        return short_words(self.memory.planned)

    def show_gpu(self, qtbot: QtBot, free_gib: float) -> None:
        memory = DeviceMemory("cuda", 24 * GIB, int(free_gib * GIB))
        with qtbot.waitSignal(self.memory.changed):
            self.readout.show_device(ChosenDevice("cuda", "Example 4070", "bfloat16", "", memory))


@pytest.fixture
def desk(tmp_path: Path, make_studio: MakeStudio, qtbot: QtBot) -> Iterator[Desk]:
    """Its model has the weights of a large one; another model has no files."""
    large = replace(model("large"), folder=sparse_model(tmp_path / "large", SDXL))
    engine, readout, parent = FakeEngine(), DeviceReadout(), QObject()
    qtbot.addWidget(readout)
    draft = GenerationRequest("a", model="large", size=Size(256, 256), steps=2)
    studio = make_studio(engine, FakeModels(large, model("empty")), FakeDrafts(draft))
    keeper = SettingsKeeper(Folders(*(tmp_path / name for name in Folders.__dataclass_fields__)))
    memory = MemoryDesk(studio, keeper, readout, parent)
    yield Desk(memory, studio, keeper, readout, engine)
    memory.close()
    parent.deleteLater()


def test_nothing_is_planned_before_a_device_is_chosen(desk: Desk) -> None:
    desk.memory.plan()
    assert desk.memory.planned.plan is None
    assert desk.short == ""


def test_the_plan_follows_device_and_settings(desk: Desk, qtbot: QtBot) -> None:
    desk.show_gpu(qtbot, 5.7)
    assert desk.short == "One part of the model on the device at a time."
    assert desk.words.startswith("Large at 256x256, not loaded yet. One part of the model on the device at a")
    desk.keeper.change(memory=Placement.group_offload)
    desk.memory.forget()
    assert "A few layers on the device at a time, as you have chosen: " in desk.words
    desk.keeper.change(memory=None, tiled_decode=True)
    desk.memory.forget()
    assert desk.short == "One part of the model on the device at a time, decoded in tiles."


def test_a_model_that_fits_needs_no_words_in_the_window(desk: Desk, qtbot: QtBot) -> None:
    line = MemoryLine()
    qtbot.addWidget(line)
    line.follow(desk.memory)
    desk.show_gpu(qtbot, 20.0)
    assert "Everything on the device: 6.5 GiB of weights" in desk.words
    assert line.isHidden()


def test_the_window_says_when_a_model_is_not_on_the_device_as_a_whole(desk: Desk, qtbot: QtBot) -> None:
    line = MemoryLine()
    qtbot.addWidget(line)
    line.follow(desk.memory)
    desk.show_gpu(qtbot, 3.5)
    assert not line.isHidden()
    assert line.text() == "A few layers on the device at a time."
    assert "3.5 GiB of memory are free" in line.toolTip()


def test_a_model_that_cannot_fit_is_told_in_the_colour_of_errors(desk: Desk, qtbot: QtBot) -> None:
    line = MemoryLine()
    qtbot.addWidget(line)
    line.follow(desk.memory)
    desk.show_gpu(qtbot, 0.3)
    assert line.text() == "May not fit into the memory."
    assert line.property("tone") == "error"


def test_another_size_and_another_model_are_planned_for(desk: Desk, qtbot: QtBot) -> None:
    desk.show_gpu(qtbot, 20.0)
    with qtbot.waitSignal(desk.memory.changed):
        desk.studio.edit(size=Size(128, 128))
    assert desk.memory.planned.size == "128x128"
    with qtbot.waitSignal(desk.memory.changed):
        desk.studio.edit(model="empty")
    assert desk.words == "How much memory Empty needs is not known."
    assert desk.short == ""


def test_what_is_loaded_is_told_by_the_engine(desk: Desk, qtbot: QtBot) -> None:
    desk.show_gpu(qtbot, 20.0)
    device = DeviceMemory("cuda", 24 * GIB, 20 * GIB)
    plan = plan_memory(SDXL, "bfloat16", Size(256, 256), device)
    desk.engine.memory = MemoryInUse(device, "large", None, plan, Placement.model_offload)
    desk.studio.generate()
    qtbot.waitUntil(lambda: desk.studio.state is RunState.idle and desk.memory.planned.is_in_use)
    assert desk.words.startswith("Large, loaded. Everything on the device: ")
    assert desk.short == "Memory ran out; now one part of the model on the device at a time."
    desk.memory.forget()
    assert not desk.memory.planned.is_in_use
    assert desk.short == ""


def test_a_processor_is_planned_with_the_memory_that_the_computer_has(desk: Desk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(desk.memory.changed):
        desk.readout.show_device(ChosenDevice("cpu", "Example 7", "float32", ""))
    plan = desk.memory.planned.plan
    assert plan is not None
    assert 0 < plan.free <= 2**50


def test_packed_weights_are_planned_for_and_said_in_the_window(desk: Desk, qtbot: QtBot) -> None:
    desk.show_gpu(qtbot, 20.0)
    with qtbot.waitSignal(desk.memory.changed):
        desk.studio.edit(weight_bits=4)
    assert desk.short == "Weights in 4 bit."
    assert "Large at 256x256, weights in 4 bit, not loaded yet. Everything on the device: 2.1 GiB" in desk.words


def test_a_model_that_is_loaded_with_other_weights_will_be_loaded_anew(desk: Desk, qtbot: QtBot) -> None:
    desk.show_gpu(qtbot, 20.0)
    device = DeviceMemory("cuda", 24 * GIB, 20 * GIB)
    plan = plan_memory(SDXL, "bfloat16", Size(256, 256), device, weight_bits=8)
    desk.engine.memory = MemoryInUse(device, "large", 8, plan, Placement.on_device)
    desk.studio.generate()
    qtbot.waitUntil(lambda: desk.studio.state is RunState.idle)
    desk.memory.ask()
    qtbot.wait(20)
    assert not desk.memory.planned.is_in_use
