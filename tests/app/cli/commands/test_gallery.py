from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.cli.commands.gallery import filter_option
from core.gallery.gallery import Gallery
from core.gallery.marks import MarkChange
from core.paths import Folders
from core.pictures.saving import save_as
from core.request.setting import Setting
from core.request.settings import SETTINGS
from tests.app.cli.commands.conftest import Answer
from tests.pictures import generated_image

Run = Callable[..., Answer]


@pytest.fixture
def pictures(run: Run) -> Path:
    """The folder for finished pictures of the test's own home, with two in it."""
    folder = Folders.default().pictures
    save_as(generated_image("a red house", seed=1), folder / "2026-11-21" / "red.png")
    save_as(generated_image("a blue house", seed=2), folder / "2026-11-21" / "blue.png")
    return folder


def lines(answer: Answer) -> list[dict[str, Any]]:
    assert answer.code == 0, answer.errors
    return [json.loads(line) for line in answer.output.splitlines()]


def test_pictures_are_listed_as_json_lines(run: Run, pictures: Path) -> None:
    found = lines(run("gallery", "list", "--sort", "file-name"))
    assert [Path(picture["path"]).name for picture in found] == ["blue.png", "red.png"]
    assert found[0]["prompt"] == "a blue house"
    assert found[0]["seed"] == 2
    assert len(lines(run("gallery", "list", "--limit", "1"))) == 1


def test_search_finds_words_and_filters(run: Run, pictures: Path) -> None:
    assert len(lines(run("gallery", "search", "house"))) == 2
    assert len(lines(run("gallery", "search", "house", "--seed", "1"))) == 1
    assert lines(run("gallery", "search", "boat")) == []
    assert lines(run("gallery", "search", "house", "--until", "2001-01-01")) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--seed", "x"),
        ("list", "--since", "yesterday"),
        ("list", "--size", "big"),
        ("list", "--limit", "0"),
        ("add", "missing"),
        ("export", "out.doc"),
        ("export", "out", "--longest", "1"),
        (),
        ("unknown",),
    ],
)
def test_bad_input_is_one_line_and_code_2(run: Run, pictures: Path, arguments: tuple[str, ...]) -> None:
    answer = run("gallery", *arguments)
    assert (answer.code, answer.output, len(answer.errors.splitlines())) == (2, "", 1)


def test_a_folder_of_another_program_is_added(run: Run, pictures: Path, tmp_path: Path) -> None:
    save_as(generated_image("a green boat"), tmp_path / "other" / "boat.png")
    (scanned,) = lines(run("gallery", "add", tmp_path / "other"))
    assert (scanned["added"], scanned["away"]) == (3, [])
    assert len(lines(run("gallery", "search", "boat"))) == 1


def test_rebuilding_loses_no_marks(run: Run, pictures: Path) -> None:
    lines(run("gallery", "list"))
    with Gallery(Folders.default(), pictures) as gallery:
        gallery.mark([1, 2], MarkChange(rating=3))
    (scanned,) = lines(run("gallery", "rebuild"))
    assert scanned["added"] == 2
    assert [picture["rating"] for picture in lines(run("gallery", "list", "--rating", "3"))] == [3, 3]


def test_verify_reports_what_is_damaged(run: Run, pictures: Path) -> None:
    assert lines(run("gallery", "verify")) == [{"checked": 2, "damaged": 0}]
    path = pictures / "2026-11-21" / "red.png"
    path.write_bytes(path.read_bytes()[:-200])
    answer = run("gallery", "verify")
    assert answer.code == 1
    found, summary = (json.loads(line) for line in answer.output.splitlines())
    assert (found["path"], summary) == (str(path), {"checked": 2, "damaged": 1})


def test_export_writes_files_zip_files_and_sheets(run: Run, pictures: Path, tmp_path: Path) -> None:
    lines(run("gallery", "export", tmp_path / "out", "--format", "webp", "--text", "red"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["red.webp"]
    lines(run("gallery", "export", tmp_path / "all.zip", "--without-recipe"))
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == ["picture-001.png", "picture-002.png"]
    assert len(lines(run("gallery", "export", tmp_path / "sheet.png"))) == 2


def test_while_a_window_owns_the_library_it_can_be_read_but_not_changed(run: Run, pictures: Path) -> None:
    with Gallery(Folders.default(), pictures) as gallery:
        list(gallery.scan())
        assert len(lines(run("gallery", "list"))) == 2
        answer = run("gallery", "rebuild")
    assert answer.code == 1
    assert "Another running Emulsion" in answer.errors


@pytest.mark.parametrize("setting", [setting for setting in SETTINGS if setting.facet], ids=lambda it: it.name)
def test_a_facet_without_an_option_of_its_own_is_asked_by_its_name(setting: Setting[Any]) -> None:
    option = filter_option(replace(setting, options=()))
    assert (option.flag.lstrip("-").replace("-", "_"), option.metavar) == (setting.name, "VALUE")
    assert filter_option(setting) is setting.options[0]
