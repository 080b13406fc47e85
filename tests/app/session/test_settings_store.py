from __future__ import annotations

from pathlib import Path

import pytest

from app.session.settings_store import SettingsKeeper
from core.paths import Folders
from core.request.request import GenerationRequest
from core.settings.settings import Theme, load_settings


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(*(tmp_path / name for name in Folders.__dataclass_fields__))


def test_a_change_is_there_at_the_next_start(folders: Folders) -> None:
    SettingsKeeper(folders).change(theme=Theme.dark)
    assert SettingsKeeper(folders).settings.theme is Theme.dark


def test_the_draft_comes_back(folders: Folders) -> None:
    keeper = SettingsKeeper(folders)
    assert keeper.load_draft() is None
    keeper.save_draft(GenerationRequest("a lighthouse", seed=3))
    assert SettingsKeeper(folders).load_draft() == GenerationRequest("a lighthouse", seed=3)


def test_what_is_as_before_is_not_written(folders: Folders) -> None:
    keeper = SettingsKeeper(folders)
    keeper.change(theme=keeper.settings.theme)
    assert not folders.config.exists()


def test_without_a_disk_changes_hold_until_the_end(folders: Folders, expected_warnings: list[str]) -> None:
    expected_warnings.append("the settings could not be saved")
    folders.config.parent.mkdir(exist_ok=True)
    folders.config.write_text("a file where the folder should be")
    expected_warnings.append("cannot be read")
    expected_warnings.append("cannot be put aside")
    keeper = SettingsKeeper(folders)
    keeper.change(theme=Theme.dark)
    assert keeper.settings.theme is Theme.dark
    assert load_settings(folders).theme is Theme.system
