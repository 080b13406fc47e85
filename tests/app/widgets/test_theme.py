from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from app.widgets.colours import Colours
from app.widgets.field import combo_box
from app.widgets.theme import DARK, LIGHT, Appearance, prepare_spin_boxes
from core.settings.look import Theme


@pytest.fixture
def appearance(qapp: QApplication) -> Iterator[Appearance]:
    appearance = Appearance(qapp, Theme.light)
    assert appearance.colours is LIGHT
    yield appearance
    appearance.deleteLater()


def contrast(first: str, second: str) -> float:
    """Returns the contrast of WCAG 2.1, 1.4.3."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = (QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF())
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_on_every_surface(colours: Colours) -> None:
    for surface in (colours.window, colours.panel, colours.field, colours.danger_surface, colours.info_surface):
        assert contrast(colours.text, surface) >= 7
        assert contrast(colours.muted, surface) >= 4.5
    assert contrast(colours.on_accent, colours.accent) >= 4.5
    assert contrast(colours.danger, colours.panel) >= 4.5
    assert contrast(colours.accent, colours.panel) >= 3


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_the_canvas_has_no_hue(colours: Colours) -> None:
    for colour in (colours.canvas, colours.checker):
        assert QColor(colour).saturation() == 0


def test_every_colour_is_a_colour() -> None:
    for colours in (LIGHT, DARK):
        names = [field.name for field in fields(colours) if field.name != "is_dark"]
        assert all(QColor(getattr(colours, name)).isValid() for name in names)


def test_a_choice_changes_palette_and_style_sheet_and_says_so(
    appearance: Appearance, qapp: QApplication, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(appearance.changed) as changed:
        appearance.choose(Theme.dark)
    assert changed.args == [DARK]
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == DARK.window
    assert DARK.accent in qapp.styleSheet()
    assert LIGHT.accent not in qapp.styleSheet()


def test_choosing_what_is_there_changes_nothing(appearance: Appearance, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(appearance.changed):
        appearance.choose(Theme.light)


def test_the_system_decides_when_asked_to(appearance: Appearance, qapp: QApplication) -> None:
    appearance.choose(Theme.system)
    assert appearance.colours is (DARK if qapp.styleHints().colorScheme().name == "Dark" else LIGHT)


def test_numbers_in_spin_boxes_keep_their_distance(qtbot: QtBot) -> None:
    root = QWidget()
    qtbot.addWidget(root)
    spin = QSpinBox(root)
    prepare_spin_boxes(root)
    assert spin.lineEdit().textMargins().left() == 8


def test_a_number_with_a_unit_that_is_clicked_is_replaced_by_what_is_typed(qtbot: QtBot) -> None:
    root = QWidget()
    qtbot.addWidget(root)
    other = QLineEdit(root)
    spin = QSpinBox(root, minimum=0, maximum=999, value=64, suffix=" px")
    spin.setGeometry(0, 40, 200, 30)
    prepare_spin_boxes(root)
    root.resize(200, 80)
    root.show()
    other.setFocus()
    field = spin.lineEdit()
    qtbot.waitUntil(other.hasFocus)
    QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=QPoint(field.width() - 4, field.height() // 2))
    qtbot.waitUntil(lambda: field.selectedText() == "64")
    QTest.keyClicks(spin, "12")
    assert spin.value() == 12


@pytest.mark.parametrize("rows", [1, 9])
def test_a_list_of_choices_shows_its_last_row(appearance: Appearance, qtbot: QtBot, rows: int) -> None:
    assert appearance.colours
    combo = combo_box(((f"row {row}", row) for row in range(rows)), "combo", "Rows")
    qtbot.addWidget(combo)
    combo.show()
    combo.showPopup()
    view = combo.view()
    qtbot.waitUntil(view.isVisible)
    assert view.viewport().height() >= rows * view.sizeHintForRow(0) > 0
    combo.hidePopup()
