"""Plain pictures to compare, and a view for them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from app.compare.compare_view import CompareMode, CompareView
from app.compare.compared_picture import ComparedPicture
from app.session.background import BackgroundTasks
from app.widgets.pixels import to_image
from app.widgets.theme import LIGHT

MakePicture = Callable[..., ComparedPicture]


@pytest.fixture
def make_picture() -> MakePicture:
    def make(
        value: int = 0, size: tuple[int, int] = (64, 64), state: str = "", factor: int = 1
    ) -> ComparedPicture:
        """A plain grey one; ``factor``: how much smaller a preview of it is."""
        width, height = size
        pixels = np.full((height // factor, width // factor, 3), value, np.uint8)
        return ComparedPicture(to_image(pixels), QSize(width, height), f"grey {value}", state)

    return make


@pytest.fixture
def view(qtbot: QtBot, background: BackgroundTasks) -> CompareView:
    """Shown, with a wipe of nothing."""
    widget = CompareView(LIGHT, background)
    qtbot.addWidget(widget)
    widget.resize(600, 500)
    with qtbot.waitExposed(widget):
        widget.show()
    assert widget.mode is CompareMode.wipe
    assert widget.pictures == ()
    return widget
