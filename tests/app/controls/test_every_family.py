"""A model of any family is found on the models page, and its controls are those that it can use."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLabel, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.controls.choice import ChoiceControl
from app.controls.loras import LorasControl
from app.controls.number import NumberControl
from app.controls.prompt import PromptControl
from app.controls.token_counting import TokenCounting
from app.models.card import ModelCard
from app.models.model_list import all_cards
from app.session.session import Session
from app.widgets.building import vbox
from core.families import FAMILIES
from core.families.spec import FamilySpec
from core.models.catalogue import Catalogue
from tests.app.conftest import MakeSession
from tests.app.controls.making import made
from tests.tiny_families import TINY_MODELS


@pytest.fixture
def session(make_session: MakeSession, one_of_each: Path) -> Session:
    return make_session(models=Catalogue((one_of_each,)))


@pytest.fixture(params=TINY_MODELS)
def family(request: pytest.FixtureRequest, session: Session) -> FamilySpec:
    """The family of a model that is chosen."""
    session.edit(model=request.param)
    return FAMILIES[TINY_MODELS[request.param].family]


def test_its_card_names_it(family: FamilySpec, session: Session, one_of_each: Path, qtbot: QtBot) -> None:
    found = {
        card.key: card for card in all_cards(session.draft_editor.models, (), (), {}, (one_of_each,), None, "")
    }
    card = ModelCard(found[session.draft.model])
    qtbot.addWidget(card)
    assert card.facts.is_installed
    assert any(label.text().startswith(f"{family.name} · ") for label in card.findChildren(QLabel))


def test_its_samplers_are_offered_and_its_own_is_chosen(
    family: FamilySpec, session: Session, qtbot: QtBot
) -> None:
    control = made("sampler", session, ChoiceControl)
    qtbot.addWidget(control)
    combo = control.findChild(QComboBox, "samplerCombo")
    assert isinstance(combo, QComboBox)
    assert tuple(combo.itemData(row) for row in range(combo.count())) == family.samplers
    assert combo.currentData() == family.defaults.sampler


@pytest.mark.usefixtures("family")
def test_guidance_is_live_where_it_does_something(session: Session, qtbot: QtBot) -> None:
    controls = (
        made("guidance_scale", session, NumberControl),
        PromptControl(session, "negative_prompt", TokenCounting()),
    )
    for control in controls:
        qtbot.addWidget(control)
    spin, negative = controls[0].findChild(QDoubleSpinBox), controls[1].findChild(QPlainTextEdit)
    assert isinstance(spin, QDoubleSpinBox)
    assert isinstance(negative, QPlainTextEdit)
    guidance = next(
        model for model in session.draft_editor.models if model.key == session.draft.model
    ).capabilities
    assert spin.isEnabled() == (guidance.guidance != "none")
    assert negative.isEnabled() == guidance.has_negative_prompt


def test_loras_are_offered_where_it_takes_them(family: FamilySpec, session: Session, qtbot: QtBot) -> None:
    control, place = LorasControl(session), QWidget()
    qtbot.addWidget(place)
    vbox(control, on=place)
    assert control.isHidden() == (family.lora is None)
