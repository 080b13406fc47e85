from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pytestqt.qtbot import QtBot

from app.film.film_panel import FilmPanel
from app.film.views.latent_channels import LatentChannelsView
from app.film.views.schedule import ScheduleView
from app.widgets.pixels import to_pixels
from core.runs.events import Event, Finished
from core.runs.operations import CompareSchedules
from tests.app.windows import Opened, open_window, opened, wait_until_idle

__all__ = ["open_window", "opened"]


def panel_with_film(opened: Opened, qtbot: QtBot, view: str) -> FilmPanel:
    panel = opened.child("filmPanel")
    assert isinstance(panel, FilmPanel)
    panel.open_views([view])
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    return panel


def test_other_schedules_are_drawn_behind_the_own_one(opened: Opened, qtbot: QtBot) -> None:
    panel = panel_with_film(opened, qtbot, "schedule")
    view = panel.findChild(ScheduleView)
    assert view is not None
    qtbot.waitUntil(lambda: [curve.name for curve in view.plot.curves] == ["another", "this run"])


def test_other_schedules_are_not_computed_while_nobody_sees_them(opened: Opened, qtbot: QtBot) -> None:
    asked: list[object] = []

    def compare(operation: CompareSchedules) -> Iterator[Event]:
        asked.append(operation)
        yield Finished({})

    opened.engine.answers[CompareSchedules] = compare
    panel_with_film(opened, qtbot, "denoised")
    assert not asked


def test_a_channel_alone_is_decoded_when_it_is_looked_at(opened: Opened, qtbot: QtBot) -> None:
    panel = panel_with_film(opened, qtbot, "latent_channels")
    panel.select(3)
    qtbot.waitUntil(lambda: any(int(latent[0, 0, 0]) == 3 for latent in opened.engine.decoded))
    view = panel.findChild(LatentChannelsView)
    assert view is not None
    view.show_alone(1)
    qtbot.waitUntil(lambda: not opened.engine.decoded[-1][0].any())
    only = opened.engine.decoded[-1]
    frame = opened.window.session.progress.film
    assert frame is not None
    assert np.array_equal(only[1], frame.frames[3].denoised[1])
    assert not only[[0, *range(2, len(only))]].any()
    linear = frame.latent_rgb.picture(only)
    qtbot.waitUntil(lambda: not np.array_equal(to_pixels(view.cells[1].pane.image), linear))
