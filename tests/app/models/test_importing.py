"""A model of one's own is checked, stays where it lies, and is chosen; what is none is refused with the reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import transformers.utils.logging
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.controls.choice import ChoiceControl
from app.controls.prompt import PromptControl
from app.controls.token_counting import TokenCounting
from app.models.importing import ModelImport, is_model_place
from app.session.settings_store import SettingsStore
from app.widgets.drop_router import DropRouter, DropRule
from app.widgets.message_bar import MessageArea, MessageBar
from core.families import FAMILIES
from core.models.catalogue import Catalogue
from core.paths import Folders
from core.request.request import Limits
from core.request.samplers import FLOW_SAMPLERS
from tests import tiny
from tests.app.conftest import MakeSession
from tests.app.controls.making import made
from tests.app.dropping import drop, files
from tests.fakes import FakeModels, model


@pytest.fixture
def settings_store(tmp_path: Path) -> SettingsStore:
    return SettingsStore(
        Folders(*(tmp_path / name for name in ("p", "models", "data", "config", "cache", "logs")))
    )


@pytest.fixture
def area(qtbot: QtBot) -> MessageArea:
    area = MessageArea()
    qtbot.addWidget(area)
    return area


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    return window


def test_a_dropped_model_is_added_in_place_and_chosen(
    make_session: MakeSession,
    settings_store: SettingsStore,
    area: MessageArea,
    window: QWidget,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    transformers.utils.logging.disable_progress_bar()  # it leaves a thread behind
    folder = tiny.z_image(tmp_path / "other program" / "my-z")
    catalogue = Catalogue(lambda: settings_store.settings)
    session = make_session(models=catalogue)
    importer = ModelImport(catalogue, settings_store, session)
    importer.told.connect(area.show_notice)
    DropRouter(window, [DropRule(is_model_place, importer.add_all)])
    assert drop(window, files(folder.parent))
    qtbot.waitUntil(lambda: session.draft.model == "my-z")
    assert settings_store.settings.model_folders[-1] == folder.parent
    assert session.draft.sampler == "euler"
    assert "my-z was added" in bar(area)
    assert catalogue.find("my-z").folder == folder


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("old.ckpt", b"\x80\x02", "run any program"),
        ("page.safetensors", b"<!DOCTYPE html><html>", "web page"),
        ("empty.safetensors", b"", "empty"),
    ],
)
def test_what_is_no_model_is_refused_and_not_kept(
    name: str,
    content: bytes,
    why: str,
    make_session: MakeSession,
    settings_store: SettingsStore,
    area: MessageArea,
    window: QWidget,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    (tmp_path / name).write_bytes(content)
    before = settings_store.settings
    importer = ModelImport(Catalogue(()), settings_store, make_session())
    importer.told.connect(area.show_notice)
    importer.add(tmp_path / name)
    qtbot.waitUntil(lambda: why in bar(area))
    assert settings_store.settings == before


def bar(area: MessageArea) -> str:
    found = area.findChild(MessageBar)
    return found.accessibleName() if isinstance(found, MessageBar) else ""


def test_controls_follow_what_a_model_can_do(make_session: MakeSession, qtbot: QtBot) -> None:
    flow = replace(
        model("flow", sampler="euler"),
        limits=Limits(16, 64, 256, FLOW_SAMPLERS),
        capabilities=FAMILIES["z_image"].capabilities_of("", {}),
    )
    distilled = replace(
        model("lcm"),
        capabilities=replace(FAMILIES["stable_diffusion"].capabilities_of("", {}), guidance="embedded"),
    )
    session = make_session(models=FakeModels(model(), flow, distilled))
    samplers = made("sampler", session, ChoiceControl)
    negative = PromptControl(session, "negative_prompt", TokenCounting())
    for widget in (samplers, negative):
        qtbot.addWidget(widget)
    everything = samplers.combo.count()
    assert negative.edit.isEnabled()
    session.edit(model="flow")
    assert [samplers.combo.itemData(i) for i in range(samplers.combo.count())] == list(FLOW_SAMPLERS)
    assert samplers.combo.currentData() == "euler"
    session.edit(model="lcm")
    assert samplers.combo.count() == everything
    assert not negative.edit.isEnabled()
