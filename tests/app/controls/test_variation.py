"""The second seed of the draft: strength, seed, dice and the size whose layout is kept."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.controls.variation import VariationControl
from app.session.session import Session
from core.request.request import Size, Variation


@pytest.fixture
def control(session: Session, qtbot: QtBot) -> VariationControl:
    control = VariationControl(session)
    qtbot.addWidget(control)
    control.show()
    return control


def test_a_strength_turns_it_on_and_none_turns_it_off(control: VariationControl, session: Session) -> None:
    assert not control.seed.isEnabled()
    control.strength.setValue(0.25)
    assert session.draft.variation == Variation(0.25)
    QTest.keyClicks(control.seed, "42")
    assert session.draft.variation == Variation(0.25, 42)
    control.strength.setValue(0.0)
    assert session.draft.variation is None
    assert not control.seed.isEnabled()


def test_the_dice_turn_it_on_with_a_seed(control: VariationControl, session: Session) -> None:
    control.dice.click()
    variation = session.draft.variation
    assert variation is not None
    assert variation.strength > 0
    assert control.seed.text() == str(variation.seed)


def test_a_size_alone_and_one_that_is_none(control: VariationControl, session: Session) -> None:
    QTest.keyClicks(control.seed_size, "512x768")
    QTest.keyClick(control.seed_size, Qt.Key.Key_Return)
    assert session.draft.variation == Variation(size=Size(512, 768))
    control.seed_size.clear()
    QTest.keyClicks(control.seed_size, "large")
    QTest.keyClick(control.seed_size, Qt.Key.Key_Return)
    assert session.draft.variation is None


def test_the_draft_is_shown(control: VariationControl, session: Session) -> None:
    session.edit(variation=Variation(0.5, 7, Size(256, 256)))
    assert (control.strength.value(), control.seed.text(), control.seed_size.text()) == (0.5, "7", "256x256")


def test_a_click_into_the_number_gives_it_the_keyboard(
    control: VariationControl, session: Session, qtbot: QtBot
) -> None:
    QTest.mouseClick(control.strength.lineEdit(), Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert control.strength.hasFocus()
    control.strength.selectAll()
    QTest.keyClicks(control.strength, "0.2")
    assert session.draft.variation == Variation(0.2)
