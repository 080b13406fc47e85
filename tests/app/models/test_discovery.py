"""The window's list of models waits for no file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import transformers.utils.logging
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.models.discovery import ModelDiscovery
from core.checkpoints.cache import CheckpointCache
from core.models.catalogue import Catalogue
from core.request.request import STARTER_MODEL
from tests import original_names, tiny
from tests.app.conftest import MakeSession


@pytest.fixture
def place(tmp_path: Path) -> Path:
    transformers.utils.logging.disable_progress_bar()  # it leaves a thread behind
    whole = tiny.z_image(tmp_path / "models" / "whole")
    original_names.z_image(whole, tmp_path / "models" / "dreams.safetensors")
    return tmp_path / "models"


def test_new_files_follow_when_they_are_read(place: Path, make_session: MakeSession, qtbot: QtBot) -> None:
    look = ModelDiscovery(Catalogue((place,)))
    session = make_session(models=look)  # pyright: ignore[reportArgumentType]
    assert [model.key for model in session.models] == [STARTER_MODEL, "whole"]
    look.learned.connect(session.refresh_models, Qt.ConnectionType.QueuedConnection)
    session.refresh_models()
    qtbot.waitUntil(lambda: {model.key for model in session.models} == {STARTER_MODEL, "whole", "dreams"})
    look.finish()


def test_what_was_known_at_an_earlier_start_is_there_at_once(place: Path, tmp_path: Path) -> None:
    Catalogue((place,), CheckpointCache(tmp_path / "memory.json")).models()
    catalogue = Catalogue((place,), CheckpointCache(tmp_path / "memory.json"))
    models, has_more = catalogue.remembered()
    assert "dreams" in {model.key for model in models}
    assert not has_more


def test_a_file_that_is_still_being_written_is_not_read_again_and_again(place: Path, qtbot: QtBot) -> None:
    look = ModelDiscovery(Catalogue((place,)))
    with qtbot.waitSignal(look.learned, timeout=5000):
        look.models()
    (place / "growing.safetensors").write_bytes(b"\0" * 9)
    with qtbot.assertNotEmitted(look.learned, wait=200):
        look.models()
    os.utime(place / "growing.safetensors", ns=(1, 1))
    with qtbot.waitSignal(look.learned, timeout=5000):
        look.models()
    look.finish()
