"""Exported settings come back; a file of another kind is refused, and a bad value costs only itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import SaveFailed, SettingsUnreadable
from core.paths import Folders
from core.request.request import GenerationRequest
from core.settings.import_export import LARGEST_BYTES, export_settings, import_settings, reset_settings
from core.settings.look import Theme
from core.settings.settings import FilmPolicy, Settings


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(*(tmp_path / name for name in Folders.__dataclass_fields__))


@pytest.fixture
def chosen(folders: Folders) -> Settings:
    return replace(
        Settings.default(folders),
        theme=Theme.dark,
        keep_films=FilmPolicy.ask,
        device="cpu",
        shortcuts={"stop": ("F9",), "export_film": ()},
        tell_when_done=False,
        update_address="file:///news.json",
        draft=GenerationRequest("a secret prompt"),
        window_geometry="abc",
        unknown={"of": "tomorrow"},
    )


def test_what_was_chosen_comes_back_and_what_was_done_last_stays_out(
    folders: Folders, chosen: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "größe.json"
    export_settings(chosen, file)
    assert "secret" not in file.read_text("utf-8")
    here = replace(Settings.default(folders), draft=GenerationRequest("mine"), window_geometry="xyz")
    taken = import_settings(file, here)
    assert taken == replace(chosen, draft=here.draft, window_geometry="xyz", unknown={})


def test_a_value_that_cannot_be_used_leaves_the_current_one(
    folders: Folders, chosen: Settings, tmp_path: Path, expected_warnings: list[str]
) -> None:
    file = tmp_path / "settings.json"
    content = {"program": "Emulsion", "format": 1, "theme": "purple", "device": "mps", "tell_when_done": 3}
    file.write_text(json.dumps(content | {"shortcuts": {"stop": "F9"}}))
    expected_warnings += ["the setting theme", "the setting tell_when_done", "the setting shortcuts"]
    assert import_settings(file, chosen) == replace(chosen, device="mps")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "damaged"),
        (b"\xff\xfe", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b"[]", "no settings"),
        (b'{"program": "Emulsion"}', "no settings"),
        (b'{"program": "Emulsion", "format": 99}', "newer version"),
        (b" " * (LARGEST_BYTES + 1), "too large"),
    ],
)
def test_a_file_of_another_kind_is_refused(chosen: Settings, tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "file.json"
    file.write_bytes(content)
    with pytest.raises(SettingsUnreadable, match=reason):
        import_settings(file, chosen)


def test_a_missing_file_and_a_missing_folder_are_told(chosen: Settings, tmp_path: Path) -> None:
    with pytest.raises(SettingsUnreadable):
        import_settings(tmp_path / "none.json", chosen)
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveFailed):
        export_settings(chosen, tmp_path / "file" / "settings.json")


def test_a_reset_keeps_what_was_typed(folders: Folders, chosen: Settings) -> None:
    assert reset_settings(chosen, folders) == replace(Settings.default(folders), draft=chosen.draft)
