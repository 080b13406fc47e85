"""Choosing the model."""

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.controls.choice import ChoiceControl
from app.session.session import Session
from tests.app.conftest import MakeSession
from tests.app.controls.making import made
from tests.fakes import FakeModels, model


@pytest.fixture
def control(session: Session, qtbot: QtBot) -> ChoiceControl:
    control = made("model", session, ChoiceControl)
    qtbot.addWidget(control)
    return control


def about(control: ChoiceControl) -> str:
    label = control.findChild(QLabel, "modelAbout")
    assert isinstance(label, QLabel)
    return label.text()


def test_it_shows_the_models_and_a_line_about_the_chosen_one(control: ChoiceControl, edits: Callable[[], int]):
    assert [control.combo.itemText(i) for i in range(control.combo.count())] == ["Starter Model", "Fast Model"]
    assert control.combo.currentText() == "Starter Model"
    assert about(control) == "What starter-model is for."
    assert edits() == 0


def test_choosing_a_model_takes_it_with_its_defaults(control: ChoiceControl, session: Session, qtbot: QtBot):
    control.combo.setCurrentIndex(1)
    control.combo.activated.emit(1)
    assert (session.draft.model, session.draft.steps, session.draft.sampler) == ("fast-model", 4, "lcm")
    assert about(control) == "What fast-model is for."


def test_it_follows_the_draft(control: ChoiceControl, session: Session):
    session.edit(model="fast-model")
    assert control.combo.currentText() == "Fast Model"
    session.draft_editor.undo()
    assert control.combo.currentText() == "Starter Model"


def test_a_model_that_is_gone_is_named(control: ChoiceControl, session: Session):
    session.edit(model="lost")
    assert control.combo.currentText() == "lost (not found)"
    assert "no longer on this computer" in about(control)


def test_new_models_appear(make_session: MakeSession, qtbot: QtBot):
    models = FakeModels(model())
    session = make_session(models=models)
    control = made("model", session, ChoiceControl)
    qtbot.addWidget(control)
    models.found = (model("first"), model())
    session.refresh_models()
    assert control.combo.count() == 2
    assert control.combo.currentText() == "Starter Model"
