"""The viewer's picture is worked on from its menu, which leaves the viewer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu

from app.canvas.picture_actions import PictureAction
from app.gallery.viewer_menu import OFFERED
from core.request.request import Source
from tests.app.gallery.conftest import OpenGallery

AddPicture = Callable[..., Path]


@pytest.mark.parametrize("action", [PictureAction.widen, PictureAction.paint_mask, PictureAction.use_as_source])
def test_the_picture_that_is_seen_is_taken(
    action: PictureAction, gallery: OpenGallery, add_picture: AddPicture
) -> None:
    add_picture("a.png", "a red house")
    add_picture("b.png", "a blue boat", day=1)
    gallery.open()
    gallery.wait_for_rows(2)
    gallery.choose(0)
    gallery.press("Return")
    viewer = gallery.commands.viewer
    gallery.wait_for(lambda: viewer.isVisible() and viewer.canvas.shown is not None)
    viewer.step(1)
    seen = gallery.known(1).path
    viewer.canvas.menu_asked.emit(QPoint(5, 5))
    menu = viewer.findChildren(QMenu)[-1]
    entries = {entry.data(): entry for entry in menu.actions() if isinstance(entry.data(), PictureAction)}
    assert set(entries) == {one for one in OFFERED if not one.needs_film}
    menu.hide()  # as a click does, before it triggers the entry
    entries[action].trigger()
    assert not viewer.isVisible()
    assert gallery.page.grid.currentIndex().row() == 1
    source = gallery.session.draft.source
    assert isinstance(source, Source)
    assert source.path == str(seen)
