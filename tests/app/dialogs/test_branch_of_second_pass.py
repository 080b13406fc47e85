"""A branch in the second pass of a film: its sampler is shown, and left as it is it is no change."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QComboBox, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from app.dialogs.branch import BranchDialog
from core.request.hires import Hires
from core.request.request import GenerationRequest
from core.runs.branch import Branch
from tests import fakes
from tests.app.session.test_progress_text import of_two_passes


@pytest.mark.parametrize(("chosen", "keeps"), [("", True), ("ddim", False), ("lms", False)])
def test_the_sampler_of_the_second_pass_is_offered(chosen: str, keeps: bool, qtbot: QtBot) -> None:
    film = of_two_passes(fakes.film(GenerationRequest("a house", steps=12, sampler="ddim")))
    film = replace(film, request=replace(film.request, hires=Hires(steps=4, sampler="euler")))
    film = replace(film, frames=tuple(fakes.frame_of(film, call) for call in range(12)))
    dialog = BranchDialog(film, 9, None)
    qtbot.addWidget(dialog)
    assert dialog.windowTitle() == "Branch from step 10 of 12, pass 2 of 2"
    assert "Remaining steps of this pass" in [spin.accessibleName() for spin in dialog.findChildren(QSpinBox)]
    combo = dialog.findChild(QComboBox, "branchSamplerCombo")
    button = dialog.findChild(QPushButton, "branchButton")
    assert combo is not None
    assert button is not None
    assert combo.currentData() == "euler"
    if chosen:
        combo.setCurrentIndex(combo.findData(chosen))
    told: list[tuple[Branch, ...]] = []
    dialog.chosen.connect(told.append)
    button.click()
    ((branch,),) = told
    assert (branch.keeps_history, branch.steps_left, branch.step) == (keeps, 3, 9)
