from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.widgets.drop_router import DropRouter, DropRule, TextFieldFilter, file_in, first, is_picture, is_source
from tests.app.dropping import drop, files


@dataclass
class Bench:
    """A window that takes pictures and files of weights, with a text field and a part that takes pictures, too."""

    window: QWidget
    text: QPlainTextEdit
    part: QWidget
    pictures: list[Path] = field(default_factory=list[Path])
    weights: list[list[Path]] = field(default_factory=list[list[Path]])
    of_part: list[Path] = field(default_factory=list[Path])
    left: list[list[Path]] = field(default_factory=list[list[Path]])


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    window, text, part = QWidget(), QPlainTextEdit(), QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    layout.addWidget(text)
    layout.addWidget(part)
    bench = Bench(window, text, part)
    weights = DropRule(lambda path: path.suffix == ".safetensors", bench.weights.append)
    router = DropRouter(window, [DropRule(is_picture, first(bench.pictures.append)), weights])
    router.left.connect(bench.left.append)
    DropRouter(part, [DropRule(is_source, first(bench.of_part.append))])
    TextFieldFilter(window)
    window.show()
    return bench


@pytest.mark.parametrize("name", ["a.png", "A.PNG", "b.jpg", "c.jpeg", "d.webp", "mit leerzeichen und ü.png"])
def test_a_dropped_picture_is_taken(bench: Bench, tmp_path: Path, name: str) -> None:
    assert drop(bench.window, files(tmp_path / name))
    assert bench.pictures == [tmp_path / name]


def test_a_picture_dropped_on_a_text_field_is_not_taken_for_text(bench: Bench, tmp_path: Path) -> None:
    assert drop(bench.text.viewport(), files(tmp_path / "a.png"))
    assert bench.pictures == [tmp_path / "a.png"]
    assert bench.text.toPlainText() == ""


def test_text_can_still_be_dropped_on_a_text_field(bench: Bench) -> None:
    data = QMimeData()
    data.setText("a balloon")
    drop(bench.text.viewport(), data)
    assert bench.pictures == []
    assert bench.text.toPlainText() == "a balloon"


def test_other_things_are_refused(bench: Bench, tmp_path: Path) -> None:
    for target in (bench.window, bench.text.viewport(), bench.part):
        assert not drop(target, files(tmp_path / "notes.txt"))
    assert not drop(bench.window, files("https://example.org/a.png"))
    assert not drop(bench.window, QMimeData())
    assert bench.pictures == bench.weights == bench.left == []
    assert bench.text.toPlainText() == ""


def test_the_first_picture_of_several_files_is_taken(bench: Bench, tmp_path: Path) -> None:
    paths = tmp_path / "notes.txt", tmp_path / "b.png", tmp_path / "c.png"
    assert file_in(files(*paths), is_picture) == tmp_path / "b.png"
    assert drop(bench.window, files(*paths))
    assert bench.pictures == [tmp_path / "b.png"]


def test_each_of_several_files_goes_where_it_belongs_and_the_rest_is_told(bench: Bench, tmp_path: Path) -> None:
    names = ("notes.txt", "ink.safetensors", "a.png", "snow.safetensors")
    assert drop(bench.window, files(*(tmp_path / name for name in names)))
    assert bench.pictures == [tmp_path / "a.png"]
    assert bench.weights == [[tmp_path / "ink.safetensors", tmp_path / "snow.safetensors"]]
    assert bench.left == [[tmp_path / "notes.txt"]]


def test_a_part_with_a_use_of_its_own_comes_first_and_leaves_the_rest_to_the_window(
    bench: Bench, tmp_path: Path
) -> None:
    paths = [tmp_path / name for name in ("a.png", "b.bmp", "c.gif", "d.TIFF")]
    assert all(drop(bench.part, files(path)) for path in paths)
    assert bench.of_part == paths
    assert drop(bench.part, files(tmp_path / "ink.safetensors"))
    assert bench.weights == [[tmp_path / "ink.safetensors"]]
    assert bench.pictures == []
