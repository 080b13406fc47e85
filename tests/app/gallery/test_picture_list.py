"""The list of pictures stays in line with the library while answers are on their way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.gallery.marks import MarkChange
from tests.app.gallery.conftest import OpenGallery

AddPicture = Callable[..., Path]


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
