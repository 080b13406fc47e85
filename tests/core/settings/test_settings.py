from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest

from core.errors import SaveFailed
from core.files.atomic import FileSystem
from core.models.acceleration import Acceleration
from core.paths import Folders
from core.request.request import GenerationRequest, Source
from core.runs.events import PreviewMode
from core.settings.engine_place import EnginePlace, PlaceKind
from core.settings.look import Theme
from core.settings.settings import FilmPolicy, Settings, load_settings, save_settings


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(*(tmp_path / field.name for field in fields(Folders)))


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    return Settings(
        pictures=tmp_path / "elsewhere",
        model_folders=(tmp_path / "a", tmp_path / "b"),
        device="cuda:1",
        dtype="float16",
        more_places=(EnginePlace(PlaceKind.process, "cpu", label="Example 7"), EnginePlace()),
        acceleration=Acceleration.compiled,
        theme=Theme.dark,
        previews=PreviewMode.linear,
        keep_films=FilmPolicy.never,
        draft=GenerationRequest("a house", seed=5),
        window_geometry="AAAA",
        window_state="BBBB",
    )


def write(folders: Folders, content: object, name: str = "settings.json") -> None:
    folders.config.mkdir(exist_ok=True)
    (folders.config / name).write_text(content if isinstance(content, str) else json.dumps(content))


def read(folders: Folders) -> dict[str, object]:
    return json.loads((folders.config / "settings.json").read_text())


def test_without_a_file_everything_has_its_default(folders: Folders) -> None:
    assert load_settings(folders) == Settings(pictures=folders.pictures, model_folders=(folders.models,))


def test_every_setting_comes_back(folders: Folders, chosen: Settings) -> None:
    save_settings(chosen, folders)
    assert replace(load_settings(folders), unknown={}) == chosen


def test_a_place_of_a_kind_that_is_not_known_costs_only_itself(folders: Folders) -> None:
    write(
        folders,
        {
            "format": 1,
            "device": "cuda",
            "own_processes": ["cuda"],
            "more_places": [
                {"kind": "moon", "device": "cpu"},
                {"kind": "process", "device": "cuda:1"},
            ],
        },
    )
    own = PlaceKind.process
    assert load_settings(folders).places == (EnginePlace(own, "cuda"), EnginePlace(own, "cuda:1"))


def test_the_draft_knows_where_its_source_picture_lies(folders: Folders, chosen: Settings, tmp_path: Path) -> None:
    draft = GenerationRequest("a house", source=Source(str(tmp_path / "photo.jpg"), 0.4))
    save_settings(replace(chosen, draft=draft), folders)
    assert load_settings(folders).draft == draft


def test_no_setting_is_forgotten_in_the_file(folders: Folders, chosen: Settings) -> None:
    save_settings(chosen, folders)
    assert read(folders).keys() == {field.name for field in fields(Settings)} - {"unknown"} | {"format"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("pictures", 5),
        ("pictures", "relative/folder"),
        ("pictures", "/nul\0"),
        ("model_folders", "/not/a/list"),
        ("model_folders", ["/good", None]),
        ("device", 7),
        ("dtype", []),
        ("acceleration", "magic"),
        ("saving", "png"),
        ("saving", {"format": "bmp", "pattern": "{seed}"}),
        ("saving", {"format": "png", "pattern": "{nonsense}"}),
        ("saving", {"format": "png", "pattern": 7}),
        ("theme", "pink"),
        ("theme", None),
        ("previews", 3),
        ("keep_films", "sometimes"),
        ("draft", "a house"),
        ("draft", {"prompt": 7}),
        ("window_geometry", None),
        ("window_state", {}),
    ],
)
def test_one_bad_value_costs_one_setting(
    folders: Folders, chosen: Settings, key: str, value: object, expected_warnings: list[str]
) -> None:
    save_settings(chosen, folders)
    write(folders, {**read(folders), key: value})
    expected_warnings.append(f"the setting {key} cannot be used")
    default = getattr(Settings.default(folders), key)
    assert replace(load_settings(folders), unknown={}) == replace(chosen, **{key: default})


def test_keys_of_other_versions_are_written_back(folders: Folders) -> None:
    write(folders, {"format": 7, "theme": "dark", "from_the_future": [1, 2]})
    save_settings(replace(load_settings(folders), theme=Theme.light), folders)
    content = read(folders)
    assert (content["format"], content["theme"], content["from_the_future"]) == (7, "light", [1, 2])


@pytest.mark.parametrize("damage", ["", "{", "[]", "[" * 100_000, "\xff\xfe"])
def test_a_damaged_file_is_put_aside_and_its_copy_is_read(
    folders: Folders, chosen: Settings, damage: str, expected_warnings: list[str]
) -> None:
    save_settings(chosen, folders)
    write(folders, damage)
    expected_warnings.append("are damaged")
    assert replace(load_settings(folders), unknown={}) == chosen
    assert (folders.config / "settings.damaged.json").read_text() == damage


def test_damage_to_file_and_copy_costs_only_the_settings(folders: Folders, expected_warnings: list[str]) -> None:
    write(folders, "{")
    write(folders, "{", "settings.copy.json")
    expected_warnings.append("are damaged")
    assert load_settings(folders) == Settings.default(folders)


class BrokenDisk(FileSystem):
    def sync(self, descriptor: int) -> None:
        raise OSError(5, "Input/output error")


def test_a_failed_save_keeps_the_settings_of_before(folders: Folders, chosen: Settings) -> None:
    save_settings(chosen, folders)
    with pytest.raises(SaveFailed):
        save_settings(Settings.default(folders), folders, BrokenDisk())
    assert replace(load_settings(folders), unknown={}) == chosen
