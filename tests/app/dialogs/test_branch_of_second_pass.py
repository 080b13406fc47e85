"""A branch in the second pass of a film: its sampler is shown, and left as it is it is no change."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from app.controls.prompt_edit import PromptEdit
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


def test_texts_and_guidance_are_those_of_the_pass(qtbot: QtBot) -> None:
    """A branch with other words makes what a run with a second pass of such words makes."""
    request = GenerationRequest("a house", "fog", steps=12, guidance_scale=4.0)
    film = of_two_passes(fakes.film(request))
    hires = Hires(steps=4, prompt="a castle", guidance_scale=2.0)
    film = replace(film, request=replace(film.request, hires=hires))
    film = replace(film, frames=tuple(fakes.frame_of(film, call) for call in range(12)))
    shown: list[tuple[str, str, float]] = []
    told: list[tuple[Branch, ...]] = []
    for call in (9, 2):
        dialog = BranchDialog(film, call, None)
        qtbot.addWidget(dialog)
        prompt, negative = (
            dialog.findChild(PromptEdit, name) for name in ("branchPromptEdit", "branchNegativePromptEdit")
        )
        guidance = dialog.findChild(QDoubleSpinBox, "branchGuidanceSpin")
        button = dialog.findChild(QPushButton, "branchButton")
        assert prompt is not None
        assert negative is not None
        assert guidance is not None
        assert button is not None
        shown.append((prompt.toPlainText(), negative.toPlainText(), guidance.value()))
        prompt.setPlainText("a boat")
        negative.setPlainText("")
        dialog.chosen.connect(told.append)
        button.click()
    assert shown == [("a castle", "fog", 2.0), ("a house", "fog", 4.0)]
    (in_second,), (in_first,) = told
    assert in_second.request.hires == replace(hires, prompt="a boat")
    assert in_second.request.in_second_pass.negative_prompt == ""
    assert in_second.request.prompt == "a house"
    assert in_second.changes() == in_first.changes() == "prompt, negative prompt"
    assert (in_first.request.prompt, in_first.request.hires) == ("a boat", hires)
