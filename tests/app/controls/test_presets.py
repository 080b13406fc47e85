"""Presets and defaults of a model: kept with the settings, used as one undo step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.controls.presets import PresetDialog, PresetMenu
from app.session.session import Session
from app.session.settings_store import SettingsStore
from core.paths import Folders
from core.request.request import GenerationRequest, Size, Source
from tests.app.conftest import MakeSession
from tests.app.windows import Opener, open_window
from tests.fakes import FakeModels, model

__all__ = ["open_window"]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(*(tmp_path / name for name in Folders.__dataclass_fields__))


@pytest.fixture
def session(make_session: MakeSession, folders: Folders) -> Session:
    other = replace(model(), key="other", defaults=replace(model().defaults, model="other", steps=30))
    return make_session(models=FakeModels(model(), other), drafts=SettingsStore(folders))


@pytest.fixture
def menu(session: Session, qtbot: QtBot) -> PresetMenu:
    made = PresetMenu(session)
    qtbot.addWidget(made)
    return made


def entries(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def entry(menu: QMenu, text: str) -> QAction:
    menu.aboutToShow.emit()
    return next(action for action in menu.actions() if action.text() == text)


def save(session: Session, name: str, qtbot: QtBot) -> None:
    dialog = PresetDialog(session.draft_editor.presets)
    qtbot.addWidget(dialog)
    assert not dialog.button.isEnabled()
    dialog.name.setText(f" {name} ")
    dialog.accept()


def test_a_preset_brings_its_prompt_and_settings_but_not_what_belongs_to_a_run(
    session: Session, menu: PresetMenu, folders: Folders, qtbot: QtBot
) -> None:
    session.edit(
        prompt="ink drawing", negative_prompt="colour", steps=9, seed=5, count=3, source=Source("a.png", 0.5)
    )
    save(session, "Ink & paper", qtbot)
    session.edit(prompt="a house", negative_prompt="", steps=20, seed=7, count=2, source=None)
    menu.aboutToShow.emit()
    assert entries(menu)[:3] == ["Ink && paper", "Save as preset…", "Delete preset"]
    with qtbot.waitSignal(menu.applied) as told:
        entry(menu, "Ink && paper").trigger()
    assert told.args is not None
    assert told.args[0] == "Ink & paper"
    draft = session.draft
    assert (draft.prompt, draft.negative_prompt, draft.steps) == ("ink drawing", "colour", 9)
    assert (draft.seed, draft.count, draft.source) == (7, 2, None)
    session.draft_editor.undo()
    assert session.draft.prompt == "a house"
    stored = SettingsStore(folders).settings.presets[draft.model]["Ink & paper"]
    assert stored == replace(draft, seed=None, count=1, source=None)


def test_presets_are_those_of_the_model_and_can_be_replaced_and_deleted(
    session: Session, menu: PresetMenu, qtbot: QtBot
) -> None:
    first = session.draft.model
    save(session, "one", qtbot)
    session.edit(steps=7)
    dialog = PresetDialog(session.draft_editor.presets)
    qtbot.addWidget(dialog)
    dialog.name.setText("one")
    assert dialog.button.text() == "Replace"
    dialog.accept()
    assert session.draft_editor.presets.of_model["one"].steps == 7
    session.edit(model="other")
    menu.aboutToShow.emit()
    assert "one" not in entries(menu)
    session.edit(model=first)
    removal = entry(menu, "Delete preset").menu()
    assert isinstance(removal, QMenu)
    entry(removal, "one").trigger()
    assert not session.draft_editor.presets.of_model


def test_own_defaults_come_with_the_model_until_its_makers_are_wanted_again(
    session: Session, menu: PresetMenu, make_session: MakeSession, folders: Folders
) -> None:
    first, makers = session.draft.model, session.draft
    assert not entry(menu, "Back to its maker’s defaults").isEnabled()
    own = {"steps": 11, "guidance_scale": 3.5, "size": Size(64, 64), "negative_prompt": "blur"}
    session.edit(**own)
    entry(menu, "Make these settings the model’s defaults").trigger()
    session.edit(prompt="a cat", model="other", negative_prompt="")
    assert session.draft.steps == 30
    session.edit(model=first)
    assert {name: getattr(session.draft, name) for name in own} == own
    assert session.draft.prompt == "a cat"
    again = make_session(models=FakeModels(model()), drafts=SettingsStore(folders))
    again.edit(model="gone")
    again.edit(model=first)
    assert again.draft.steps == 11
    entry(menu, "Back to its maker’s defaults").trigger()
    assert (session.draft.steps, session.draft.size) == (makers.steps, makers.size)
    assert SettingsStore(folders).settings.model_defaults == {}


def test_defaults_that_a_model_does_not_allow_any_more_are_made_to_fit(
    make_session: MakeSession, folders: Folders
) -> None:
    store = SettingsStore(folders)
    store.keep_defaults(model().key, GenerationRequest("", sampler="gone", size=Size(8, 100_000), steps=5))
    session = make_session(models=FakeModels(model()), drafts=store)
    session.generate()
    assert session.draft.sampler in model().limits.samplers
    assert session.draft.steps == 5


def test_presets_stand_in_the_edit_menu_and_say_what_did_not_fit(open_window: Opener, qtbot: QtBot) -> None:
    opened = open_window()
    session = opened.window.session
    edit = next(item.menu() for item in opened.window.menuBar().actions() if item.text() == "&Edit")
    assert isinstance(edit, QMenu)
    presets = entry(edit, "Presets").menu()
    assert isinstance(presets, PresetMenu)
    save(session, "mine", qtbot)
    entry(presets, "mine").trigger()
    assert "settings" in opened.subjects
