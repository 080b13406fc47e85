"""Chips of fields that are seldom used."""

import pytest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.controls.fold_table import FOLDS
from app.controls.folds import STARTS
from app.controls.panel import ControlPanel
from app.session.session import Session


@pytest.mark.parametrize("name", STARTS)
def test_a_chip_switches_its_setting_on_and_the_cross_off_again(
    panel: ControlPanel, qtbot: QtBot, session: Session, name: str
):
    panel.show()
    qtbot.waitExposed(panel)
    before = session.draft
    chip = panel.folds.chips[name]
    chip.click()
    assert getattr(session.draft, name) == STARTS[name]
    assert chip.isHidden() or not FOLDS[name].is_offered(session)
    (cross,) = panel.findChildren(QToolButton, f"{name}Close")
    cross.click()
    assert session.draft == before
    assert name not in panel.folds.opened
    session.draft_editor.undo()
    assert getattr(session.draft, name) == STARTS[name]


def test_variations_are_of_the_picture_that_was_made_last(panel: ControlPanel, qtbot: QtBot, session: Session):
    with qtbot.waitSignal(session.run_ended, timeout=20_000):
        session.generate()
    assert session.draft.seed is None and session.progress.last_seed is not None
    panel.folds.chips["variation"].click()
    assert session.draft.seed == session.progress.last_seed
    session.draft_editor.undo()
    assert session.draft.seed is None and session.draft.variation is None
