"""The panel as a whole: names, keyboard, small windows, and that looking at it changes nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLabel, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from app.controls.panel import ControlPanel
from app.controls.table import ROWS
from app.session.autoencoder_selection import AutoencoderSelection
from app.session.memory import MemoryService
from app.session.session import Session
from app.session.settings_store import SettingsStore
from core.models.catalogue import Catalogue
from core.paths import Folders
from core.request.request import Lora, Size
from core.request.settings import SETTINGS

CONTROLS = (
    "promptEdit",
    "negativePromptEdit",
    "sourceButton",
    "modelCombo",
    "autoencoderButton",
    "addLoraButton",
    "widthSpin",
    "swapSizeButton",
    "heightSpin",
    "aspectCombo",
    "samplerCombo",
    "stepsSpin",
    "guidanceSpin",
    "countSpin",
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


@pytest.fixture
def panel(session: Session, tmp_path: Path, qtbot: QtBot) -> ControlPanel:
    settings_store = SettingsStore(Folders(*(tmp_path / name for name in Folders.__dataclass_fields__)))
    autoencoders = AutoencoderSelection(Catalogue(()), settings_store, session)
    panel = ControlPanel(session, autoencoders, MemoryService(session, settings_store))
    qtbot.addWidget(panel)
    return panel


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
    assert found.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_whatever_takes_the_focus_has_a_name_and_an_explanation(panel: ControlPanel):
    for found in panel.findChildren(QAbstractSpinBox) + panel.findChildren(QComboBox):
        assert found.accessibleName(), found.objectName()
        assert found.toolTip(), found.objectName()


def test_every_setting_of_a_picture_has_its_control_in_the_table():
    controls = {name for row in ROWS for name in row}
    elsewhere = {"weight_bits", "training"}  # in the preferences, since it is about memory; on the model's card
    assert {setting.name for setting in SETTINGS} - elsewhere <= controls


def test_captions_lead_to_their_controls_by_different_keys(panel: ControlPanel):
    captions = [label for label in panel.findChildren(QLabel) if label.buddy()]
    keys = [label.text()[label.text().index("&") + 1].lower() for label in captions]
    assert len(captions) >= 14
    assert len(set(keys)) == len(keys)
    assert not set(keys) & set("fervh")  # these open the menus


def test_the_tab_key_visits_all_controls_from_top_to_bottom(panel: ControlPanel, qtbot: QtBot, session: Session):
    panel.resize(336, 1000)
    panel.show()
    qtbot.waitExposed(panel)
    start = control(panel, "promptEdit")
    start.setFocus()
    qtbot.waitUntil(start.hasFocus)
    visited: list[str] = []
    while focused_name() not in visited:
        visited.append(focused_name())
        qtbot.keyClick(control(panel, visited[-1]), Qt.Key.Key_Tab)
    disabled = {"copySeedButton", "stopButton", "pauseButton"}
    assert visited == [name for name in CONTROLS if name not in disabled]


@pytest.mark.parametrize(("width", "height"), [(320, 620), (304, 400)])
def test_in_a_small_window_nothing_is_cut_off_sideways_and_generate_stays_in_view(
    panel: ControlPanel, qtbot: QtBot, width: int, height: int
):
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
    while focused_name() != "widthSpin":
        visited.append(focused_name())
        widget = QApplication.focusWidget()
        assert widget is not None
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    row = ["loraBox", "loraWeightSpin", "removeLoraButton"]
    assert visited == ["modelCombo", "autoencoderButton", *row, *row, "addLoraButton"]
