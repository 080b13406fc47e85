"""The panel as a whole: names, keyboard, small windows, and that looking at it changes nothing."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLabel, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from app.controls.panel import ControlPanel
from app.controls.table import ROWS
from app.session.session import Session
from core.request.request import Lora, Size
from core.request.settings import SETTINGS

CONTROLS = (
    "promptEdit",
    "negative_promptFold",
    "sourceFold",
    "lorasFold",
    "autoencoderFold",
    "upscalerFold",
    "previewsFold",
    "negativePromptEdit",
    "sourceButton",
    "modelCombo",
    "autoencoderButton",
    "addLoraButton",
    "aspectCombo",
    "widthSpin",
    "swapSizeButton",
    "heightSpin",
    "countSpin",
    "samplerCombo",
    "stepsSpin",
    "guidanceSpin",
    "upscalerCombo",
    "seedEdit",
    "keepSeedButton",
    "diceButton",
    "copySeedButton",
    "previewCombo",
    "generateButton",
    "stopButton",
    "pauseButton",
    "stepButton",
)
FOLDED_CONTROLS = {
    "negativePromptEdit": "negative_prompt",
    "sourceButton": "source",
    "addLoraButton": "loras",
    "autoencoderButton": "autoencoder",
    "upscalerCombo": "upscaler",
    "previewCombo": "previews",
}
MOST_STOPS = 8
"""Of the Tab key between the prompt and Generate."""


def control(panel: ControlPanel, name: str) -> QWidget:
    found = panel.findChild(QWidget, name)
    assert isinstance(found, QWidget), name
    return found


def focused_name() -> str:
    focused = QApplication.focusWidget()
    return focused.objectName() if isinstance(focused, QWidget) else ""


def test_building_it_does_not_edit_the_draft(panel: ControlPanel, session: Session, edits: Callable[[], int]):
    assert edits() == 0
    assert not session.draft_editor.can_undo


@pytest.mark.parametrize("name", CONTROLS)
def test_every_control_has_a_name_and_an_explanation(panel: ControlPanel, name: str):
    found = control(panel, name)
    assert found.accessibleName()
    assert found.toolTip()


def test_whatever_takes_the_focus_has_a_name_and_an_explanation(panel: ControlPanel):
    for found in panel.findChildren(QAbstractSpinBox) + panel.findChildren(QComboBox):
        assert found.accessibleName(), found.objectName()
        assert found.toolTip(), found.objectName()


def test_every_setting_of_a_picture_has_its_control_in_the_table():
    controls = {name for row in ROWS for name in row}
    # in the preferences, since it is about memory; on the model's card; in the prompt, and below it
    elsewhere = {"weight_bits", "training", "embeddings", "variants", "template", "negative_template"}
    assert {setting.name for setting in SETTINGS} - elsewhere <= controls


def test_captions_lead_to_their_controls_by_different_keys(panel: ControlPanel):
    captions = [label for label in panel.findChildren(QLabel) if label.buddy()]
    keys = [label.text()[label.text().index("&") + 1].lower() for label in captions]
    assert len(captions) >= 13
    assert len(set(keys)) == len(keys)
    assert not set(keys) & set("fervh")  # these open the menus


def shown(panel: ControlPanel, qtbot: QtBot) -> QWidget:
    """Returns the prompt, which has the focus in the visible panel."""
    panel.resize(336, 1000)
    panel.show()
    qtbot.waitExposed(panel)
    start = control(panel, "promptEdit")
    start.setFocus()
    qtbot.waitUntil(start.hasFocus)
    return start


def choose_custom_size(panel: ControlPanel) -> None:
    combo = control(panel, "aspectCombo")
    assert isinstance(combo, QComboBox)
    combo.activated.emit(combo.count() - 1)


def stops(panel: ControlPanel, qtbot: QtBot, end: str) -> list[str]:
    """Presses Tab until the widget named ``end`` has the focus; returns those before it."""
    visited: list[str] = []
    while focused_name() != end:
        visited.append(focused_name())
        assert len(visited) < 40
        qtbot.keyClick(control(panel, visited[-1]), Qt.Key.Key_Tab)
    return visited


def test_few_tabs_lead_from_the_prompt_to_generate(panel: ControlPanel, qtbot: QtBot):
    shown(panel, qtbot)
    visited = stops(panel, qtbot, "generateButton")[1:]
    assert visited == [
        "negative_promptFold",
        "modelCombo",
        "aspectCombo",
        "countSpin",
        "samplerCombo",
        "stepsSpin",
        "guidanceSpin",
        "seedEdit",
    ]
    assert len(visited) <= MOST_STOPS


def test_with_every_field_unfolded_the_tab_key_goes_from_top_to_bottom(panel: ControlPanel, qtbot: QtBot):
    panel.folds.open(tuple(FOLDED_CONTROLS.values()))
    choose_custom_size(panel)
    shown(panel, qtbot)
    visited = stops(panel, qtbot, "stepButton")
    one_stop = {
        "sourceFold",
        "lorasFold",
        "autoencoderFold",
        "upscalerFold",
        "previewsFold",
        "keepSeedButton",
        "diceButton",
    }
    disabled = {"copySeedButton", "stopButton", "pauseButton", "stepButton"}
    assert visited == [name for name in CONTROLS if name not in one_stop | disabled]


def test_the_arrow_keys_reach_every_chip_and_the_buttons_of_the_seed(panel: ControlPanel, qtbot: QtBot):
    shown(panel, qtbot)
    for start, names in (
        (
            "negative_promptFold",
            [
                "sourceFold",
                "lorasFold",
                "autoencoderFold",
                "variationFold",
                "hiresFold",
                "upscalerFold",
                "previewsFold",
            ],
        ),
        ("seedEdit", ["keepSeedButton", "diceButton"]),
    ):
        control(panel, start).setFocus()
        for name in names:
            qtbot.keyClick(control(panel, focused_name()), Qt.Key.Key_Right)
            assert focused_name() == name
        qtbot.keyClick(control(panel, names[-1]), Qt.Key.Key_Right)  # the last one keeps the focus
        for name in reversed([start, *names[:-1]]):
            qtbot.keyClick(control(panel, focused_name()), Qt.Key.Key_Left)
            assert focused_name() == name


@pytest.mark.parametrize(("name", "fold"), FOLDED_CONTROLS.items())
def test_a_chip_shows_its_field_with_the_focus_and_hides_it_again(
    panel: ControlPanel, qtbot: QtBot, name: str, fold: str
):
    shown(panel, qtbot)
    field, chip = control(panel, name), panel.folds.chips[fold]
    assert not field.isVisible()
    with qtbot.waitSignal(panel.folds.opened_changed):
        qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert field.isVisible()
    assert field.hasFocus()
    assert panel.folds.opened == (fold,)
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert not field.isVisible()


def test_a_field_in_use_is_shown_and_cannot_be_folded(panel: ControlPanel, qtbot: QtBot, session: Session):
    shown(panel, qtbot)
    session.edit(negative_prompt="blurry", loras=(Lora("ink"),))
    assert control(panel, "negativePromptEdit").isVisible()
    assert control(panel, "addLoraButton").isVisible()
    assert not panel.folds.chips["negative_prompt"].isVisible()
    session.draft_editor.undo()
    assert not control(panel, "negativePromptEdit").isVisible()


@pytest.mark.parametrize(("width", "height"), [(320, 620), (304, 400)])
def test_in_a_small_window_nothing_is_cut_off_sideways_and_generate_stays_in_view(
    panel: ControlPanel, qtbot: QtBot, width: int, height: int
):
    panel.folds.open(tuple(FOLDED_CONTROLS.values()))
    choose_custom_size(panel)
    panel.resize(width, height)
    panel.show()
    qtbot.waitExposed(panel)
    for name in CONTROLS:
        found = control(panel, name)
        left = found.mapTo(panel, QPoint(0, 0)).x()
        assert left >= 0, name
        assert left + found.width() <= width, name
    generate = control(panel, "generateButton")
    assert generate.mapTo(panel, QPoint(0, generate.height())).y() <= height


@pytest.mark.parametrize("name", ["stepsSpin", "samplerCombo", "guidanceSpin", "modelCombo"])
def test_the_wheel_does_not_change_what_the_pointer_only_passes(
    panel: ControlPanel, session: Session, qtbot: QtBot, name: str
):
    panel.show()
    qtbot.waitExposed(panel)
    control(panel, "promptEdit").setFocus()
    found = control(panel, name)
    assert isinstance(found, QAbstractSpinBox | QComboBox)
    before = session.draft
    centre = QPointF(found.rect().center())
    turn = QWheelEvent(
        centre,
        found.mapToGlobal(centre),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,  # noqa: FBT003
    )
    QApplication.sendEvent(found, turn)
    assert session.draft == before


def test_a_pictures_settings_fill_all_controls_without_an_echo(
    panel: ControlPanel, session: Session, edits: Callable[[], int]
):
    session.edit(prompt="x", size=Size(64, 96), sampler="heun", steps=7, guidance_scale=2.5, seed=9, count=3)
    assert edits() == 1
    for name, value in (("stepsSpin", 7), ("widthSpin", 64), ("heightSpin", 96), ("countSpin", 3)):
        spin = control(panel, name)
        assert isinstance(spin, QSpinBox)
        assert spin.value() == value


def test_the_tab_key_visits_the_rows_of_loras_before_their_button(
    panel: ControlPanel, qtbot: QtBot, session: Session
) -> None:
    panel.resize(336, 1000)
    panel.show()
    qtbot.waitExposed(panel)
    session.edit(loras=(Lora("ink"),))
    session.edit(loras=(Lora("ink"), Lora("snow")))
    start = control(panel, "modelCombo")
    start.setFocus()
    qtbot.waitUntil(start.hasFocus)
    visited: list[str] = []
    while focused_name() != "aspectCombo":
        visited.append(focused_name())
        widget = QApplication.focusWidget()
        assert widget is not None
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    assert visited == ["modelCombo", *2 * ["loraBox", "loraWeightSpin", "removeLoraButton"], "addLoraButton"]
