"""The mask over its picture: to be seen on every picture, painted again only where it changes."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.canvas.mask_overlay import TINTS
from app.masks.area import Area
from app.masks.brush import Brush
from app.masks.editor import MaskEditor
from app.masks.shapes import rectangle
from app.widgets.pixels import to_image, to_pixels
from tests.app.masks.hand import HEIGHT, WIDTH, place


@pytest.mark.parametrize("grey", [0, 60, 128, 200, 255])
@pytest.mark.parametrize("tint", TINTS)
def test_the_mask_can_be_told_from_any_picture(editor: MaskEditor, grey: int, tint: str) -> None:
    colour = np.array([int(tint[index : index + 2], 16) for index in (1, 3, 5)], np.uint8)
    for plain in (np.full(3, grey, np.uint8), colour):
        editor.open(to_image(np.broadcast_to(plain, (HEIGHT, WIDTH, 3))), None)
        view = editor.view
        view.painting.cover(rectangle((60, 40), (240, 160), view.painting.area), is_erasing=False)
        view.zoom_to(1.0)
        seen = to_pixels(view.grab().toImage()).astype(int)
        left, top = (round(end) for end in (view.placement.left, view.placement.top))
        inside = seen[top + 45 : top + 155, left + 65 : left + 235] - plain.astype(int)
        assert (np.abs(inside).max(axis=2) > 60).mean() > 0.05  # the stripes at least
        edge = seen[top + 100 - 12 : top + 100 + 12, left + 60]
        assert {tuple(pixel) for pixel in edge} == {(0, 0, 0), (255, 255, 255)}


def test_only_the_changed_part_is_painted_again(editor: MaskEditor, qtbot: QtBot) -> None:
    view = editor.view
    view.set_brush(Brush(20))
    painted: list[Area] = []

    QApplication.processEvents()
    whole = view.rect()
    original = view.paintEvent

    def paint(event: QPaintEvent) -> None:
        rect = event.rect()
        painted.append(Area(rect.left(), rect.top(), rect.right(), rect.bottom()))
        original(event)

    view.paintEvent = paint
    view.move_to(place(view, 100, 100))
    QApplication.processEvents()
    painted.clear()
    view.press(place(view, 100, 100))
    view.move_to(place(view, 110, 100))
    QApplication.processEvents()
    assert painted
    for area in painted:
        assert (area.right - area.left) * (area.bottom - area.top) < whole.width() * whole.height() / 20
