"""Chips of fields that are seldom used."""

import pytest
from PySide6.QtWidgets import QApplication, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.controls.fold_table import FOLDS
from app.controls.folds import STARTS
from app.controls.panel import LOW_PX, ControlPanel
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
    with qtbot.waitSignal(session.run_ended):
        session.generate()
    assert session.draft.seed is None and session.progress.last_seed is not None
    panel.folds.chips["variation"].click()
    assert session.draft.seed == session.progress.last_seed
    session.draft_editor.undo()
    assert session.draft.seed is None and session.draft.variation is None


def test_rare_chips_are_in_a_menu_where_there_is_little_room(panel: ControlPanel, qtbot: QtBot, session: Session):
    rare = {name for name, fold in FOLDS.items() if fold.is_rare and fold.is_offered(session)}
    usual = {name for name, fold in FOLDS.items() if not fold.is_rare and fold.is_offered(session)}
    menu = panel.folds.more.menu()
    entries = {entry.text(): entry for entry in menu.actions()}

    def chips() -> set[str]:
        return {name for name, chip in panel.folds.chips.items() if chip.isVisible()}

    panel.resize(336, LOW_PX)
    panel.show()
    qtbot.waitExposed(panel)
    assert chips() == rare | usual
    assert panel.folds.more.isHidden()
    panel.resize(336, LOW_PX - 1)
    assert chips() == usual
    assert {text for text, entry in entries.items() if entry.isVisible()} == {FOLDS[name].title for name in rare}
    assert all(entry.toolTip() for entry in entries.values())
    entries[FOLDS["previews"].title].trigger()  # opened, it has its chip, which folds it again
    assert panel.folds.opened == ("previews",)
    assert chips() == usual | {"previews"}
    assert not entries[FOLDS["previews"].title].isVisible()
    panel.folds.chips["previews"].click()
    assert chips() == usual
    entries[FOLDS["variation"].title].trigger()
    assert session.draft.variation == STARTS["variation"]
    panel.folds.fold_away("variation")
    assert session.draft.variation is None
    assert panel.focusWidget() is panel.folds.more
    panel.folds.open(tuple(rare))
    assert panel.folds.more.isHidden()


def test_a_field_that_opens_below_the_edge_is_scrolled_into_view(panel: ControlPanel, qtbot: QtBot):
    panel.resize(336, 300)
    panel.show()
    qtbot.waitExposed(panel)
    panel.folds.chips["hires"].click()
    field = panel.focusWidget()
    assert isinstance(field, QWidget)
    QApplication.processEvents()  # the field gets its place
    qtbot.waitUntil(lambda: field.visibleRegion().boundingRect() == field.rect())
