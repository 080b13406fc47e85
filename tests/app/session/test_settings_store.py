from __future__ import annotations

from pathlib import Path

import pytest

from app.session.settings_store import SettingsStore
from core.paths import Folders
from core.request.request import GenerationRequest
from core.settings.look import Theme
from core.settings.settings import load_settings


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(*(tmp_path / name for name in Folders.__dataclass_fields__))


def test_a_change_is_there_at_the_next_start(folders: Folders) -> None:
    SettingsStore(folders).change(theme=Theme.dark)
    assert SettingsStore(folders).settings.theme is Theme.dark


def test_the_draft_comes_back(folders: Folders) -> None:
    settings_store = SettingsStore(folders)
    assert settings_store.load_draft() is None
    settings_store.save_draft(GenerationRequest("a lighthouse", seed=3))
    assert SettingsStore(folders).load_draft() == GenerationRequest("a lighthouse", seed=3)


def test_what_is_as_before_is_not_written(folders: Folders) -> None:
    settings_store = SettingsStore(folders)
    settings_store.change(theme=settings_store.settings.theme)
    assert not folders.config.exists()


def test_without_a_disk_changes_hold_until_the_end(folders: Folders, expected_warnings: list[str]) -> None:
    expected_warnings.append("the settings could not be saved")
    folders.config.parent.mkdir(exist_ok=True)
    folders.config.write_text("a file where the folder should be")
    expected_warnings.append("cannot be read")
    expected_warnings.append("cannot be put aside")
    settings_store = SettingsStore(folders)
    settings_store.change(theme=Theme.dark)
    assert settings_store.settings.theme is Theme.dark
    assert load_settings(folders).theme is Theme.system
