"""A session whose model has a real tokenizer that reads 16 tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.controls.panel import ControlPanel
from app.session.autoencoder_selection import AutoencoderSelection
from app.session.control_selection import ControlSelection
from app.session.mask_selection import MaskSelection
from app.session.memory import MemoryService
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.session.upscaler_selection import UpscalerSelection
from core.models.catalogue import Catalogue, Model
from core.paths import Folders
from core.request.request import Size
from tests.app.conftest import MakeSession
from tests.core.prompt.test_tokens import write_tokenizer
from tests.fakes import FakeModels, model


@pytest.fixture
def known(tmp_path: Path) -> Model:
    write_tokenizer(tmp_path)
    return replace(model(), folder=tmp_path, max_tokens=16)


@pytest.fixture
def session(make_session: MakeSession, known: Model) -> Session:
    """With the model above and a faster one."""
    other = model("fast-model", size=Size(256, 256), sampler="lcm", steps=4, guidance_scale=8.0)
    return make_session(models=FakeModels(known, other))


@pytest.fixture
def edits(session: Session) -> Callable[[], int]:
    """Returns a count of the draft's edits since the test began."""
    heard: list[object] = []
    session.draft_edited.connect(heard.append)
    return lambda: len(heard)


@pytest.fixture
def panel(session: Session, tmp_path: Path, qtbot: QtBot) -> ControlPanel:
    settings_store = SettingsStore(Folders(*(tmp_path / name for name in Folders.__dataclass_fields__)))
    autoencoders = AutoencoderSelection(Catalogue(()), settings_store, session)
    memory, upscalers = MemoryService(session, settings_store), UpscalerSelection(Catalogue(()), session)
    masks, controls = MaskSelection(session, tmp_path), ControlSelection(Catalogue(()), session, tmp_path)
    panel = ControlPanel(session, autoencoders, memory, upscalers, masks, controls)
    qtbot.addWidget(panel)
    return panel
