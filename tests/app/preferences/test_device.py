"""The device that was found is told, and another one holds from the next run on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.session.device import ChosenDevice, device_sentence
from core.models.acceleration import Acceleration
from core.settings.engine_place import EnginePlace, PlaceKind
from tests.app.preferences.windows import part, preferences
from tests.app.windows import Opened, open_window, opened, wait_until_idle

__all__ = ["open_window", "opened"]

PROCESSOR = ChosenDevice(
    "cpu",
    "Example 7",
    "float32",
    "cpu (Example 7, 16.6 GB) in float32: device: the first that is there of CUDA, CPU; precision: none\n"
    "cuda: not found, no GPU\ncpu: found",
)


def test_another_device_is_kept_and_the_next_run_begins_with_a_new_engine(opened: Opened, qtbot: QtBot) -> None:
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    combo = part(preferences(opened), QComboBox, "deviceCombo")
    combo.setCurrentIndex(combo.findData("cpu"))
    combo.activated.emit(combo.currentIndex())
    assert opened.settings_store.settings.device == "cpu"
    assert not opened.engine.is_closed
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    assert opened.engine.is_closed


def test_another_acceleration_is_kept_and_wants_a_new_engine(opened: Opened, qtbot: QtBot) -> None:
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    combo = part(preferences(opened), QComboBox, "accelerationCombo")
    assert combo.currentData() is Acceleration.automatic
    combo.setCurrentIndex(combo.findData(Acceleration.compiled))
    combo.activated.emit(combo.currentIndex())
    assert opened.settings_store.settings.acceleration is Acceleration.compiled
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    assert opened.engine.is_closed


def test_an_own_process_is_chosen_for_each_device(opened: Opened, qtbot: QtBot) -> None:
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    dialog = preferences(opened)
    combo, box = part(dialog, QComboBox, "deviceCombo"), part(dialog, QCheckBox, "ownProcessBox")
    assert not box.isChecked()
    box.click()
    assert opened.settings_store.settings.own_processes == ("",)
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    assert opened.engine.is_closed
    for key, is_own in (("cpu", False), (None, True), ("cpu", False)):
        combo.setCurrentIndex(combo.findData(key))
        combo.activated.emit(combo.currentIndex())
        assert box.isChecked() is opened.settings_store.settings.has_own_process is is_own
    box.click()
    assert set(opened.settings_store.settings.own_processes) == {"", "cpu"}
    box.click()
    assert opened.settings_store.settings.own_processes == ("",)


def test_before_the_first_picture_devices_are_looked_for_when_asked(opened: Opened, qtbot: QtBot) -> None:
    dialog = preferences(opened)
    look, words = part(dialog, QPushButton, "lookForDevicesButton"), part(dialog, QLabel, "deviceWords")
    assert not look.isHidden()
    look.click()
    assert words.text() == "Looking…"
    opened.window.session.device.choose(PROCESSOR)
    assert look.isHidden()
    assert "the processor (Example 7) in float32" in words.text()
    assert part(dialog, QLabel, "devicesFound").text() == "cuda: not found, no GPU\ncpu: found"


def test_each_gpu_can_be_chosen_by_its_name(opened: Opened) -> None:
    opened.settings_store.change(device="cuda:1")
    combo = part(preferences(opened), QComboBox, "deviceCombo")
    gpus = (("cuda:0", "Example 4070"), ("cuda:1", "Example 3060"))
    for _ in range(2):
        opened.window.session.device.choose(replace(PROCESSOR, gpus=gpus))
    texts = [combo.itemText(place) for place in range(combo.count())]
    assert [text for text in texts if "Example" in text] == ["Example 3060 (cuda:1)", "Example 4070 (cuda:0)"]
    assert combo.currentText() == "Example 3060 (cuda:1)"
    combo.setCurrentIndex(combo.findData("cuda:0"))
    combo.activated.emit(combo.currentIndex())
    assert opened.settings_store.settings.device == "cuda:0"


def test_a_device_from_the_settings_file_that_is_not_in_the_list_stays(opened: Opened) -> None:
    opened.settings_store.change(device="cuda:1")
    assert part(preferences(opened), QComboBox, "deviceCombo").currentText() == "cuda:1"


def test_the_device_in_a_sentence() -> None:
    told = device_sentence(PROCESSOR)
    assert told.startswith("Running on the processor (Example 7) in float32: no supported GPU")
    asked = ChosenDevice("cpu", "", "float32", "cpu in float32: device: as asked; precision: none")
    assert device_sentence(asked) == "Running on the processor in float32, as you have chosen."
    gpu = ChosenDevice("cuda", "Example 4070", "bfloat16", "cuda: device: the first")
    assert device_sentence(gpu) == "Running on the GPU (Example 4070) in bfloat16."


def test_more_places_are_chosen_and_leave_again(opened: Opened) -> None:
    dialog, pool = preferences(opened), opened.window.session.pool
    box = part(dialog, QCheckBox, "place-cpu")
    assert not box.isChecked()
    box.click()
    assert opened.settings_store.settings.more_places == (EnginePlace(PlaceKind.process, "cpu"),)
    assert len(pool.runners) == 2
    gpus = (("cuda:0", "Example 4070"), ("cuda:1", "Example 3060"))
    opened.window.session.device.choose(replace(PROCESSOR, gpus=gpus))
    part(dialog, QCheckBox, "place-cuda:1").click()
    assert opened.settings_store.settings.more_places[1] == EnginePlace(
        PlaceKind.process, "cuda:1", label="Example 3060"
    )
    assert len(pool.runners) == 3
    for name in ("place-cpu", "place-cuda:1"):
        part(dialog, QCheckBox, name).click()
    assert opened.settings_store.settings.more_places == ()
    assert len(pool.runners) == 1


@pytest.mark.parametrize(("key", "is_closed"), [("cuda:1", False), ("cpu", True)])
def test_another_place_leaves_the_first_engine_but_where_both_share_the_processor(
    opened: Opened, qtbot: QtBot, key: str, is_closed: bool
) -> None:
    dialog = preferences(opened)
    opened.window.session.device.choose(replace(PROCESSOR, gpus=(("cuda:1", "Example 3060"),)))
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    part(dialog, QCheckBox, f"place-{key}").click()
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    assert opened.engine.is_closed is is_closed


def test_the_gpu_that_the_window_follows_is_not_offered_a_second_time(opened: Opened) -> None:
    dialog, store = preferences(opened), opened.settings_store
    opened.window.session.device.choose(replace(PROCESSOR, gpus=(("cuda:0", "GPU 4070"), ("cuda:1", "GPU 3060"))))
    boxes = [part(dialog, QCheckBox, f"place-cuda:{number}") for number in (0, 1)]
    assert [box.isHidden() for box in boxes] == [True, False]
    boxes[1].click()
    assert len(store.settings.places) == 2
    combo = part(dialog, QComboBox, "deviceCombo")
    combo.setCurrentIndex(combo.findData("cuda:1"))
    combo.activated.emit(combo.currentIndex())
    assert [box.isHidden() for box in boxes] == [False, True]
    assert store.settings.places == (EnginePlace(device="cuda:1"),)
