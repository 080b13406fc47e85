from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from core.paths import Folders
from core.settings.look import COPY_NAME, FILE_NAME, Look, Theme, read_look
from core.settings.settings import Settings, load_settings, save_settings


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(*(tmp_path / name for name in Folders.__dataclass_fields__))


@pytest.fixture
def kept(folders: Folders) -> None:
    settings = replace(
        Settings.default(folders), theme=Theme.dark, window_geometry="AdnQywAD", window_state='{"columns":[1,2,3]}'
    )
    save_settings(settings, folders)


@pytest.mark.usefixtures("kept")
def test_the_look_is_that_of_the_settings(folders: Folders) -> None:
    settings = load_settings(folders)
    assert settings.theme is Theme.dark
    assert read_look(folders) == Look(*(getattr(settings, one.name) for one in fields(Look)))


def test_without_settings_the_look_is_that_of_the_first_start(folders: Folders) -> None:
    assert read_look(folders) == Look()


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"\xff\xfe", b'{"theme": "pink"}', b'{"theme": [1]}'])
def test_a_damaged_file_gives_the_look_of_the_copy_and_two_that_of_the_first_start(
    folders: Folders, content: bytes
) -> None:
    (folders.config / FILE_NAME).write_bytes(content)
    assert read_look(folders).theme is Theme.dark
    (folders.config / COPY_NAME).write_bytes(content)
    assert read_look(folders) == Look()
