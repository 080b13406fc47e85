"""The map that guides a step is shown beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from pytestqt.qtbot import QtBot

from app.film.frame_context import FrameContext
from app.film.views.control import ControlView
from app.widgets.pixels import to_pixels
from core.control.maps import map_key, maps_to_extras
from core.request.control import Control
from tests import synthetic_film


def test_the_map_that_guides_a_step_is_shown_while_it_acts(qtbot: QtBot) -> None:
    film = synthetic_film.film(6)
    pixels = np.random.default_rng(1).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    controls = (Control("lines", "house.png", "0123456789", weight=0.8, end=0.5),)
    extras = maps_to_extras(controls, {map_key(controls[0]): pixels})
    film = replace(film, request=replace(film.request, controls=controls, steps=6), extras=extras)
    view = ControlView()
    qtbot.addWidget(view)
    view.show()
    view.show_moment(FrameContext(film, 0))
    left, _ = view.panes
    assert left.isVisible()
    assert np.array_equal(to_pixels(left.image), pixels)
    assert left.caption == "lines 0.8"
    view.show_moment(FrameContext(film, 5))
    assert not to_pixels(left.image).any()
    assert "none acts" in left.caption
    view.show_moment(FrameContext(synthetic_film.film(6), 0))
    assert view.reason.isVisible()
