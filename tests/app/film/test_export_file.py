"""The path of an exported film while it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.film.export_file import ExportFile, free_path


@pytest.fixture
def file(tmp_path: Path, qtbot: QtBot) -> ExportFile:
    file = ExportFile(tmp_path / "house.png", "mp4")
    qtbot.addWidget(file)
    return file


def type_path(file: ExportFile, path: Path | str) -> None:
    edit = file.findChild(QLineEdit)
    assert edit is not None
    edit.setText(str(path))


def test_it_goes_beside_the_picture_by_default(file: ExportFile, tmp_path: Path) -> None:
    assert (file.path, file.problem, file.replaces) == (tmp_path / "house-film.mp4", "", False)


def test_a_default_name_that_is_taken_is_not_used_again(tmp_path: Path) -> None:
    for name in ("house-film.mp4", "house-film-2.mp4"):
        (tmp_path / name).touch()
    assert free_path(tmp_path / "house.png", ".mp4").name == "house-film-3.mp4"
    assert free_path(tmp_path / "house.png", ".gif").name == "house-film.gif"


def test_the_picture_itself_is_never_replaced(file: ExportFile, tmp_path: Path) -> None:
    """A contact sheet and a picture have the same suffix."""
    file.follow_format("sheet")
    assert file.path == tmp_path / "house-film.png"
    type_path(file, tmp_path / "house.png")
    assert "the picture itself" in file.problem
    type_path(file, tmp_path / "house-steps")
    assert (file.path, file.problem) == (tmp_path / "house-steps.png", "")


def test_the_name_follows_the_format(file: ExportFile, tmp_path: Path) -> None:
    type_path(file, tmp_path / "film 1.5.mp4")
    file.follow_format("gif")
    assert file.path == tmp_path / "film 1.5.gif"
    type_path(file, tmp_path / "film 1.5")
    assert file.path == tmp_path / "film 1.5.gif"
    type_path(file, "")
    file.follow_format("webp")
    assert file.problem


@pytest.mark.parametrize("text", ["", " ", "film.mp4", "~nosuchuser/a.mp4", "/", "/no/way/", "/a\0.mp4"])
def test_a_file_that_cannot_be_is_told(file: ExportFile, text: str) -> None:
    type_path(file, text)
    assert "folder" in file.problem


def test_a_folder_is_no_file(file: ExportFile, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").mkdir()
    type_path(file, tmp_path / "film.mp4")
    assert "folder" in file.problem


def test_a_name_that_is_too_long_is_left_to_the_disk_to_refuse(file: ExportFile, tmp_path: Path) -> None:
    type_path(file, tmp_path / ("x" * 300))
    assert (file.problem, file.replaces) == ("", False)


def test_a_file_that_is_there_would_be_replaced(file: ExportFile, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").touch()
    type_path(file, tmp_path / "film")
    assert file.replaces


def test_the_home_folder_may_be_short(file: ExportFile) -> None:
    type_path(file, "~/film.mp4")
    assert file.path == Path.home() / "film.mp4"
