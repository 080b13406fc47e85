"""Exporting chosen pictures from the window."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from app.canvas.picture_actions import PictureAction
from app.gallery.export_dialog import ExportDialog
from app.gallery.picture_exporter import ExportKind, ExportReport
from core.errors import UnreadablePicture
from core.pictures.metadata import read_recipe
from tests.app.gallery.conftest import OpenGallery

AddPicture = Callable[..., Path]


@pytest.fixture
def dialog(gallery: OpenGallery, add_picture: AddPicture) -> ExportDialog:
    """For two pictures."""
    add_picture("a.png", "a red house")
    add_picture("b.png", "a blue boat", day=1)
    gallery.open()
    gallery.wait_for_rows(2)
    gallery.choose(0, 1)
    gallery.commands.do(PictureAction.export)
    found = gallery.window.findChild(ExportDialog)
    assert found is not None
    return found


def child(dialog: ExportDialog, name: str) -> QWidget:
    found = dialog.findChild(QWidget, name)
    assert isinstance(found, QWidget)
    return found


def choose(dialog: ExportDialog, name: str, value: object) -> None:
    combo = child(dialog, name)
    assert isinstance(combo, QComboBox)
    combo.setCurrentIndex(combo.findData(value))


def test_files_without_recipe_hold_only_pixels(dialog: ExportDialog, tmp_path: Path, qtbot: QtBot) -> None:
    choose(dialog, "exportFormatCombo", "jpeg")
    recipe = child(dialog, "exportRecipeCheck")
    assert isinstance(recipe, QCheckBox)
    recipe.setChecked(False)
    with qtbot.waitSignal(dialog.finished_export) as ended:
        dialog.export_to(tmp_path / "out")
    report: ExportReport = ended.args[0]  # pyright: ignore[reportOptionalSubscript]
    assert (report.done, report.unreadable, report.is_cancelled) == (2, 0, False)
    files = sorted((tmp_path / "out").iterdir())
    assert [path.name for path in files] == ["picture-001.jpg", "picture-002.jpg"]
    with pytest.raises(UnreadablePicture):
        read_recipe(files[0])


def test_a_zip_file_has_all_of_them(dialog: ExportDialog, tmp_path: Path, qtbot: QtBot) -> None:
    choose(dialog, "exportKindCombo", ExportKind.zip_file)
    with qtbot.waitSignal(dialog.finished_export):
        dialog.export_to(tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert sorted(archive.namelist()) == ["a.png", "b.png"]


def test_only_fields_that_matter_are_asked(dialog: ExportDialog) -> None:
    assert not child(dialog, "exportQualitySpin").isVisibleTo(dialog)
    choose(dialog, "exportFormatCombo", "webp")
    assert child(dialog, "exportQualitySpin").isVisibleTo(dialog)
    choose(dialog, "exportKindCombo", ExportKind.contact_sheet)
    assert not child(dialog, "exportFormatCombo").isVisibleTo(dialog)
    assert not child(dialog, "exportRecipeCheck").isVisibleTo(dialog)


def test_a_folder_that_cannot_be_written_is_said_in_the_gallery(
    dialog: ExportDialog, gallery: OpenGallery, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    dialog.export_to(tmp_path / "file")
    gallery.wait_for(lambda: "failed" in gallery.page.messages.subjects())


def test_a_cancelled_export_says_how_far_it_came(
    dialog: ExportDialog, gallery: OpenGallery, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(dialog.finished_export) as ended:
        dialog.export_to(tmp_path / "out")
        dialog.reject()
    report: ExportReport = ended.args[0]  # pyright: ignore[reportOptionalSubscript]
    assert (report.done, report.is_cancelled) == (1, True)
    assert "exported" in gallery.page.messages.subjects()
