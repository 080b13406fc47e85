"""The engine of the window: in this process, or in its own where the preferences say so."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.session.own_program import own_command
from app.session.settings_store import SettingsStore
from app.startup import engine_factory
from app.startup.engine_factory import EngineFactory
from core.errors import EngineEnded
from core.models.catalogue import users_catalogue
from core.paths import Folders
from core.remote.away import ComputerAway
from core.remote.client import RemoteEngine
from core.request.request import GenerationRequest
from core.runs.events import ImageReady
from core.runs.operations import Generate
from core.settings.computers import Computer
from core.settings.engine_place import EnginePlace, PlaceKind
from tests.core.remote.far import command_of, local_ssh
from tests.core.remote.processes import FAKE

OWN = EnginePlace(PlaceKind.process, "0.001")


def _fake(*_arguments: str) -> tuple[str, ...]:
    return FAKE


def _failing(*_arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", "raise SystemExit(3)")


@pytest.fixture
def store(tmp_path: Path) -> SettingsStore:
    folders = Folders(*(tmp_path / name for name in ("pictures", "models", "data", "config", "cache", "logs")))
    return SettingsStore(folders)


@pytest.fixture
def factory(store: SettingsStore) -> EngineFactory:
    return EngineFactory(users_catalogue(store.folders, lambda: store.settings), store)


def test_an_engine_in_its_own_process_tells_its_device_and_makes_pictures(
    factory: EngineFactory, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(engine_factory, "own_command", _fake)
    with qtbot.waitSignal(factory.made) as made, closing(factory(OWN)) as engine:
        assert isinstance(engine, RemoteEngine)
        *_, last = engine.run(Generate(GenerationRequest("a", steps=2)))
        assert isinstance(last, ImageReady)
    assert made.args is not None
    place, device = made.args
    assert place == OWN
    assert (device.kind, device.name, device.memory.total) == ("cpu", "Fake", 2)


def test_a_process_that_cannot_begin_is_told(factory: EngineFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_factory, "own_command", _failing)
    with pytest.raises(EngineEnded, match="3"):
        factory(OWN)


def test_the_program_starts_itself_from_a_checkout_and_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_command("engine") == (sys.executable, "-m", "app", "engine")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert own_command("engine") == (sys.executable, "engine")


def test_an_engine_on_another_computer_tells_its_device_and_makes_pictures(
    factory: EngineFactory, store: SettingsStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("bin", "there"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("PATH", f"{local_ssh(tmp_path / 'bin')}:{os.environ['PATH']}")
    computer = Computer("me@studio-pc", command_of(tmp_path / "there", "tests.core.remote.fake_process"))
    store.change(computers=(computer,))
    with closing(factory(EnginePlace(PlaceKind.ssh, "0", "me@studio-pc"))) as engine:
        *_, last = engine.run(Generate(GenerationRequest("a", steps=2)))
        assert isinstance(last, ImageReady)


def test_a_computer_that_the_user_has_not_added_is_not_asked(factory: EngineFactory) -> None:
    with pytest.raises(ComputerAway):
        factory(EnginePlace(PlaceKind.ssh, None, "elsewhere"))
