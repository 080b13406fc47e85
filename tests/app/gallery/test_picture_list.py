"""The list of pictures stays in line with the library while answers are on their way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from app.gallery.cell import badge_of
from core.gallery.marks import MarkChange
from core.request.request import Upscaler
from tests.app.gallery.conftest import OpenGallery

AddPicture = Callable[..., Path]


def test_an_enlarged_picture_has_a_mark_and_says_what_it_means(
    gallery: OpenGallery, add_picture: AddPicture
) -> None:
    add_picture("a.png", upscaler=Upscaler("fine", 4.0))
    add_picture("b.png", "a boat", day=1)
    gallery.open()
    gallery.wait_for_rows(2)
    rows = {gallery.known(row).path.name: row for row in range(2)}
    assert {name: badge_of(gallery.known(row)) for name, row in rows.items()} == {"a.png": "×4", "b.png": ""}
    pictures = gallery.page.pictures
    told = pictures.data(pictures.index(rows["a.png"]), Qt.ItemDataRole.ToolTipRole)
    assert "enlarged 4 times" in told
    assert pictures.data(pictures.index(rows["b.png"]), Qt.ItemDataRole.ToolTipRole) is None


def test_an_answer_that_was_read_before_a_second_change_does_not_stay(
    gallery: OpenGallery, add_picture: AddPicture, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_picture("a.png")
    gallery.open()
    gallery.wait_for_rows(1)
    pictures, reader = gallery.page.pictures, gallery.page.reader
    number = gallery.known(0).id
    asked: list[tuple[int, ...]] = []
    monkeypatch.setattr(reader, "load_rows", asked.append)
    pictures.forget((number,))  # after the first change; the answer to this is late
    pictures.forget((number,))  # after the second change
    assert asked == [(number,), (number,)]
    monkeypatch.undo()
    gallery.page.service.mark((number,), MarkChange(note="second"))
    gallery.wait_for(lambda: gallery.known(0).note == "second")
