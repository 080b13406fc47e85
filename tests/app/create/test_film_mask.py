"""The mask of a run over its picture, at every step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.film.film_panel import FilmPanel
from app.widgets.pixels import to_pixels
from core.pictures.mask import Box
from core.pictures.masked_picture import MaskedPicture
from tests.app.windows import Opener, open_window, wait_until_idle

__all__ = ["open_window"]


def test_a_switch_lays_the_mask_over_each_step(open_window: Opener, qtbot: QtBot) -> None:
    opened = open_window(saves=True)
    opened.window.resize(1500, 1000)
    opened.window.show()
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    panel, switch = opened.child("filmPanel"), opened.child("filmMaskButton")
    assert isinstance(panel, FilmPanel) and isinstance(switch, QToolButton)
    assert switch.isHidden()
    film = panel.film
    assert film is not None
    size = film.request.size
    mask = np.zeros((size.height, size.width), np.uint8)
    mask[:, : size.width // 2] = 255
    picture = np.zeros((size.height, size.width, 3), np.uint8)
    masked = MaskedPicture(picture, mask, Box(0, 0, size.width, size.height))
    panel.show_film(replace(film, run="another", masked=masked))
    assert not switch.isHidden()
    canvas = opened.window.contents.create_page.canvas

    def halves() -> tuple[np.ndarray, np.ndarray]:
        frame = canvas.frame.toRect()
        pixels = to_pixels(canvas.grab(frame).toImage())
        middle = pixels.shape[1] // 2
        return pixels[40:-60, 20 : middle - 20], pixels[40:-60, middle + 20 : -20]

    left, right = halves()
    for call in (0, 2):
        panel.select(call)
        switch.setChecked(False)
        left, right = halves()
        switch.setChecked(True)
        masked_left, same_right = halves()
        assert (masked_left != left).any(axis=2).mean() > 0.9
        assert np.array_equal(same_right, right)
    panel.show_film(film)
    assert switch.isHidden()
    unmasked, _ = halves()
    assert np.array_equal(unmasked[:5], halves()[0][:5])
