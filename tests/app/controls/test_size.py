"""Width, height and shapes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.controls.size import ASPECTS, SizeControl, preset_sizes
from app.session.session import Session
from core.request.request import Limits, Size
from tests.fakes import model

Edits = Callable[[], int]


@pytest.fixture
def control(session: Session, qtbot: QtBot) -> SizeControl:
    control = SizeControl(session)
    qtbot.addWidget(control)
    return control


def shown(control: SizeControl) -> tuple[int, int, str]:
    return (
        control.width_spin.value(),
        control.height_spin.value(),
        control.aspect_combo.currentText().partition(" ")[0],
    )


def type_width(control: SizeControl, text: str, qtbot: QtBot) -> None:
    control.width_spin.selectAll()
    qtbot.keyClicks(control.width_spin, text)
    qtbot.keyClick(control.width_spin, Qt.Key.Key_Return)


def test_it_shows_the_draft_at_first(control: SizeControl, edits: Edits):
    assert shown(control) == (128, 128, "1:1")
    assert edits() == 0


@pytest.mark.parametrize(("typed", "taken"), [("136", 136), ("130", 128), ("133", 136), ("1", 64), ("999", 256)])
def test_typed_lengths_become_the_nearest_valid_one(
    control: SizeControl, session: Session, qtbot: QtBot, typed: str, taken: int
):
    type_width(control, typed, qtbot)
    assert session.draft.size == Size(taken, 128)
    assert control.width_spin.value() == taken


def test_arrows_turn_in_the_models_steps(control: SizeControl, session: Session, qtbot: QtBot):
    qtbot.keyClick(control.height_spin, Qt.Key.Key_Up)
    assert session.draft.size == Size(128, 136)
    assert shown(control) == (128, 136, "Custom")


def test_swap_turns_the_picture(control: SizeControl, session: Session, qtbot: QtBot):
    session.edit(size=Size(192, 96))
    session.edit(prompt="wide")
    qtbot.mouseClick(control.swap_button, Qt.MouseButton.LeftButton)
    assert session.draft.size == Size(96, 192)
    assert shown(control)[:2] == (96, 192)
    session.draft_editor.undo()
    assert shown(control)[:2] == (192, 96)


def test_a_shape_sets_both_lengths_in_one_undo_step(control: SizeControl, session: Session):
    index = control.aspect_combo.findText("4:3", Qt.MatchFlag.MatchStartsWith)
    control.aspect_combo.setCurrentIndex(index)
    control.aspect_combo.activated.emit(index)
    size = session.draft.size
    assert size.width / size.height == pytest.approx(4 / 3)
    assert shown(control) == (size.width, size.height, "4:3")
    session.draft_editor.undo()
    assert shown(control) == (128, 128, "1:1")


def test_custom_shows_width_and_height_and_changes_nothing_yet(
    control: SizeControl, session: Session, edits: Edits, qtbot: QtBot
):
    assert not control.width_spin.isVisibleTo(control)
    index = control.aspect_combo.findText("Custom")
    control.aspect_combo.activated.emit(index)
    assert edits() == 0
    assert shown(control)[2] == "Custom"
    assert control.width_spin.isVisibleTo(control)
    type_width(control, "192", qtbot)
    assert session.draft.size == Size(192, 128)
    control.aspect_combo.activated.emit(0)
    assert shown(control) == (128, 128, "1:1")
    assert not control.width_spin.isVisibleTo(control)


def test_a_size_of_no_common_shape_shows_its_lengths(control: SizeControl, session: Session):
    session.edit(size=Size(256, 64))
    assert control.height_spin.isVisibleTo(control)
    assert shown(control) == (256, 64, "Custom")


def test_another_model_brings_its_limits_and_shapes(control: SizeControl, session: Session):
    session.edit(model="fast-model")
    assert shown(control) == (256, 256, "1:1")
    session.edit(model="lost", size=Size(1024, 768))
    assert shown(control) == (1024, 768, "Custom")


@pytest.mark.parametrize(
    ("native", "limits"),
    [
        (Size(128, 128), Limits(8, 64, 256)),
        (Size(512, 512), Limits(8, 128, 2048)),
        (Size(1024, 1024), Limits(16, 256, 4096)),
        (Size(768, 512), Limits(64, 256, 1024)),
    ],
)
def test_shapes_are_valid_near_the_native_area_and_near_their_name(native: Size, limits: Limits):
    known = replace(model(size=native), limits=limits)
    for name, size in preset_sizes(known).items():
        assert size.width == limits.snap(size.width), name
        assert size.height == limits.snap(size.height), name
        assert abs(math.log(size.width * size.height / (native.width * native.height))) < math.log(1.31), name
        assert size.width / size.height == pytest.approx(ASPECTS[name], rel=0.12), name
        assert (size.width > size.height) == (ASPECTS[name] > 1), name


def test_the_native_square_is_a_shape():
    assert preset_sizes(model())["1:1"] == Size(128, 128)
