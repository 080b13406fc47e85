"""The placement of models is chosen in the preferences, saved, and holds from the next load on."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton, QRadioButton
from pytestqt.qtbot import QtBot

from app.session.device import ChosenDevice
from core.models.memory_plan import GIB, DeviceMemory, Placement
from core.settings.settings import load_settings
from tests.app.preferences.windows import part, preferences
from tests.app.windows import Opened, open_window, opened, wait_until_idle

__all__ = ["open_window", "opened"]

GPU = ChosenDevice("cuda", "Example 4070", "bfloat16", "", DeviceMemory("cuda", 12 * GIB, 11 * GIB))
PROCESSOR = ChosenDevice("cpu", "Example 7", "float32", "")


@pytest.mark.parametrize("placement", Placement)
def test_a_placement_is_kept_and_the_next_run_begins_with_a_new_engine(
    opened: Opened, qtbot: QtBot, placement: Placement
) -> None:
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    dialog = preferences(opened)
    assert part(dialog, QRadioButton, "memory-automatic").isChecked()
    part(dialog, QRadioButton, f"memory-{placement.name}").click()
    assert load_settings(opened.settings_store.folders).memory is placement
    assert not opened.engine.is_closed
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    assert opened.engine.is_closed


def test_automatic_is_what_one_comes_back_to(opened: Opened) -> None:
    opened.settings_store.change(memory=Placement.group_offload)
    dialog = preferences(opened)
    assert part(dialog, QRadioButton, "memory-group_offload").isChecked()
    part(dialog, QRadioButton, "memory-automatic").click()
    assert opened.settings_store.settings.memory is None


def test_decoding_in_tiles_is_kept(opened: Opened) -> None:
    part(preferences(opened), QCheckBox, "tiledDecodeBox").click()
    assert load_settings(opened.settings_store.folders).tiled_decode


def test_the_plan_is_told_as_soon_as_a_device_is_known(opened: Opened, qtbot: QtBot) -> None:
    dialog = preferences(opened)
    words, look = part(dialog, QLabel, "memoryPlanWords"), part(dialog, QPushButton, "lookForMemoryButton")
    assert "Not checked yet" in words.text()
    assert not look.isHidden()
    look.click()
    assert words.text() == "Looking…"
    opened.window.session.device.choose(GPU)
    assert look.isHidden()
    qtbot.waitUntil(lambda: "Starter Model" in words.text())


def test_moving_parts_is_not_offered_where_there_is_nowhere_to_move_them(opened: Opened) -> None:
    dialog = preferences(opened)
    opened.window.session.device.choose(PROCESSOR)
    assert not part(dialog, QRadioButton, "memory-group_offload").isEnabled()
    assert part(dialog, QRadioButton, "memory-drop_encoder").isEnabled()
    assert not part(dialog, QLabel, "memoryOfProcessor").isHidden()
    opened.window.session.device.choose(GPU)
    assert part(dialog, QRadioButton, "memory-group_offload").isEnabled()
    assert part(dialog, QLabel, "memoryOfProcessor").isHidden()


@pytest.mark.parametrize("bits", [8, 4, None])
def test_packed_weights_are_an_explicit_choice_of_the_draft(opened: Opened, bits: int | None) -> None:
    opened.window.session.edit(weight_bits=None if bits else 8)
    dialog = preferences(opened)
    combo, about = part(dialog, QComboBox, "weightBitsCombo"), part(dialog, QLabel, "weightBitsHint")
    combo.setCurrentIndex(combo.findData(bits))
    combo.activated.emit(combo.currentIndex())
    assert opened.window.session.draft.weight_bits == bits
    assert ("recipe has it" in about.text()) is (bits is not None)


def test_the_choice_follows_a_picture_whose_settings_are_taken_over(opened: Opened) -> None:
    combo = part(preferences(opened), QComboBox, "weightBitsCombo")
    opened.window.session.edit(weight_bits=4)
    assert combo.currentData() == 4


def test_encoded_prompts_are_told_removed_and_switched_off(opened: Opened, qtbot: QtBot) -> None:
    folder = opened.settings_store.folders.cache / "encodings"
    folder.mkdir(parents=True)
    file = folder / f"{'0' * 64}.safetensors"
    file.write_bytes(bytes(3_000_000))
    dialog = preferences(opened)
    room, remove = part(dialog, QLabel, "encodingsRoom"), part(dialog, QPushButton, "removeEncodingsButton")
    qtbot.waitUntil(lambda: room.text() == "They take 3.0 MB.")
    remove.click()
    qtbot.waitUntil(lambda: room.text() == "There are none yet.")
    assert not file.exists()
    assert not remove.isEnabled()
    part(dialog, QCheckBox, "keepsEncodingsBox").click()
    assert not load_settings(opened.settings_store.folders).keeps_encodings
