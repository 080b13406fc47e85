"""A model's card tells how it was trained and why; the user's own choice is kept by the file's hash."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.messages.training import training_text
from app.models.card import ModelCard
from app.models.model_list import all_cards
from app.models.training import TrainingChoices
from app.session.session import Session
from app.session.settings_store import SettingsStore
from core.checkpoints.schedule import trait_names
from core.families import FAMILIES
from core.models.catalogue import Catalogue
from core.paths import Folders
from core.request.request import Size
from core.request.traits import Trait
from tests import original_names, tiny
from tests.app.conftest import MakeSession


def controls(dialog: QDialog) -> tuple[QComboBox, QLineEdit]:
    combo, edit = dialog.findChild(QComboBox, "predictionTypeChoice"), dialog.findChild(QLineEdit, "sizeChoice")
    assert isinstance(combo, QComboBox)
    assert isinstance(edit, QLineEdit)
    return combo, edit


class Opened:
    """A session over real settings with one model, and its dialog."""

    def __init__(self, session: Session, store: SettingsStore, choices: TrainingChoices, qtbot: QtBot) -> None:
        self.session, self.store, self.choices, self.qtbot = session, store, choices, qtbot
        self.parent = QWidget()
        qtbot.addWidget(self.parent)

    def card(self) -> str:
        models = [model for model in self.session.draft_editor.models if model.key == "mine"]
        (facts,) = all_cards(models, (), (), {}, self.store.settings.model_folders, None, "")
        card = ModelCard(facts)
        self.qtbot.addWidget(card)
        assert card.findChild(QPushButton, "modelTrainingButton")
        return next(label.text() for label in card.findChildren(QLabel) if label.text().startswith("Trained"))

    def dialog(self) -> QDialog:
        self.choices.ask(self.parent, "mine")
        dialog = self.parent.findChild(QDialog, "trainingDialog")
        assert isinstance(dialog, QDialog)
        return dialog

    def choose(self, prediction: str | None, size: str) -> QDialog:
        dialog = self.dialog()
        combo, edit = (
            dialog.findChild(QComboBox, "predictionTypeChoice"),
            dialog.findChild(QLineEdit, "sizeChoice"),
        )
        assert isinstance(combo, QComboBox)
        assert isinstance(edit, QLineEdit)
        combo.setCurrentIndex(combo.findData(prediction))
        edit.setText(size)
        button = dialog.findChild(QPushButton, "useTrainingButton")
        assert isinstance(button, QPushButton)
        button.click()
        return dialog


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.stable_diffusion(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(*(tmp_path / name for name in ("pictures", "downloads", "data", "config", "cache", "logs")))


@pytest.fixture
def opened(model: Path, folders: Folders, tmp_path: Path, make_session: MakeSession, qtbot: QtBot) -> Opened:
    shutil.copytree(model, tmp_path / "models" / "mine")
    store = SettingsStore(folders)
    store.change(model_folders=(tmp_path / "models",))
    catalogue = Catalogue(lambda: store.settings)
    session = make_session(models=catalogue)
    session.edit(model="mine")
    return Opened(session, store, TrainingChoices(catalogue, store, session), qtbot)


def test_a_card_tells_of_zero_terminal_snr_and_of_clip_skip_where_there_is_any(opened: Opened) -> None:
    model = next(model for model in opened.session.draft_editor.models if model.key == "mine")
    told = {"zero_snr": Trait(value=True, place="configuration"), "clip_skip": Trait(2, "configuration")}
    text = training_text(replace(model, traits={**model.traits, **told}))
    assert "zero terminal SNR (by its configuration)" in text
    assert "clip skip 2 (by its configuration)" in text


def test_the_card_tells_what_was_found_and_what_was_chosen(opened: Opened) -> None:
    found = "epsilon prediction (by its configuration), 64 × 64 (by its configuration)"
    assert opened.card() == f"Trained: {found}"
    with opened.qtbot.waitSignal(opened.session.models_changed):
        opened.choose("v_prediction", "96x64")
    assert "v-prediction (chosen by you; by its configuration: epsilon prediction)" in opened.card()
    assert "96 × 64 (chosen by you; by its configuration: 64 × 64)" in opened.card()
    assert list(opened.store.settings.model_traits.values()) == ["prediction_type=v_prediction size=96x64"]
    assert opened.session.draft.size == Size(96, 64)
    with opened.qtbot.waitSignal(opened.session.models_changed):
        opened.choose(None, "")
    assert opened.card() == f"Trained: {found}"
    assert not opened.store.settings.model_traits


def test_the_dialog_begins_with_what_was_chosen_and_names_what_was_found(opened: Opened) -> None:
    with opened.qtbot.waitSignal(opened.session.models_changed):
        opened.choose("v_prediction", "96x64")
    dialog = opened.dialog()
    combo, edit = controls(dialog)
    assert (combo.currentData(), edit.text()) == ("v_prediction", "96x64")
    assert combo.itemText(0) == "As detected: epsilon prediction (by its configuration)"
    assert edit.placeholderText() == "As detected: 64 × 64 (by its configuration)"
    named = {child.objectName() for child in dialog.findChildren(QWidget) if child.objectName().endswith("Choice")}
    assert len(named) == len(trait_names(FAMILIES["stable_diffusion"]))


def test_what_cannot_be_is_told_in_the_dialog_and_kept_out(opened: Opened) -> None:
    dialog = opened.choose("v_prediction", "large")
    problem = dialog.findChild(QLabel, "trainingProblem")
    assert isinstance(problem, QLabel)
    assert "WIDTHxHEIGHT" in problem.text()
    assert not problem.isHidden()
    assert not opened.store.settings.model_traits


@pytest.fixture(scope="module")
def z_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lender = tiny.z_image(tmp_path_factory.mktemp("models") / "lender")
    original_names.z_image(lender, lender.parent / "dreams.safetensors")
    return lender.parent


def test_a_file_that_does_not_tell_its_variant_is_asked_about_once(
    z_images: Path, make_session: MakeSession, folders: Folders, qtbot: QtBot
) -> None:
    store = SettingsStore(folders)
    store.change(model_folders=(z_images,))
    catalogue = Catalogue(lambda: store.settings)
    session = make_session(models=catalogue)
    choices = TrainingChoices(catalogue, store, session)

    def card() -> ModelCard:
        models = [model for model in session.draft_editor.models if model.key == "dreams"]
        (facts,) = all_cards(models, (), (), {}, store.settings.model_folders, None, "")
        made = ModelCard(facts)
        qtbot.addWidget(made)
        return made

    qtbot.waitUntil(lambda: any(model.key == "dreams" for model in session.draft_editor.models))
    session.edit(model="dreams")
    assert session.draft.steps == 28
    asked = card()
    asked.variant_chosen.connect(choices.choose_variant)
    button = asked.findChild(QPushButton, "turboVariantButton")
    assert isinstance(button, QPushButton)
    assert button.text() == "Turbo"
    button.click()
    qtbot.waitUntil(lambda: bool(store.settings.model_traits))
    assert set(store.settings.model_traits.values()) == {"variant=turbo"}
    qtbot.waitUntil(lambda: session.draft.steps == 8)
    assert card().findChild(QPushButton, "turboVariantButton") is None
