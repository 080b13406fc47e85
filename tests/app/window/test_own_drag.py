"""A drag that begins on the canvas and ends on its own window."""

from __future__ import annotations

from tests.app.dropping import drop, files
from tests.app.saved_pictures import SavePicture
from tests.app.windows import Opened, open_window, opened

__all__ = ["open_window", "opened"]


def test_the_canvas_picture_dropped_on_the_window_changes_nothing(
    opened: Opened, save_picture: SavePicture
) -> None:
    canvas, path = opened.window.contents.create_page.canvas, save_picture("a red balloon", seed=99)
    assert drop(opened.window, files(path), opened.prompt)
    assert not drop(opened.window, files(path), canvas)
