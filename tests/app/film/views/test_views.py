"""Each view shows the chosen call of a film, of any kind of run, as the measures say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox, QLabel
from pytestqt.qtbot import QtBot

from app.film import views
from app.film.channel_cell import ChannelCell
from app.film.film_view import FilmView
from app.film.frame_context import DecodedLatent, FrameContext
from app.film.views import VIEWS
from app.film.views.denoised import DenoisedView
from app.film.views.guidance import GuidanceView
from app.film.views.latent_channels import LatentChannelsView
from app.film.views.noisy import NoisyView
from app.film.views.predicted_noise import PredictedNoiseView
from app.film.views.schedule import ScheduleView
from app.film.views.settling import SettlingView
from app.film.views.spectrum import SpectrumView
from app.widgets.pixels import to_pixels
from core.film.film import Film, PredictionType
from core.film.latent_rgb import LatentRgb
from tests import synthetic_film
from tests.app.film.conftest import Heard, found


def pixels_equal(view: DenoisedView | NoisyView | PredictedNoiseView, latent: np.ndarray, film: Film) -> bool:
    return np.array_equal(to_pixels(view.pane.image), film.latent_rgb.picture(latent))


def infinite_start(film: Film) -> Film:
    """The film as a schedule with no signal at all in the beginning would give it."""
    film.schedule.sigmas[0] = np.inf
    return replace(film, frames=(replace(film.frames[0], sigma=np.inf), *film.frames[1:]))


FILMS: dict[str, Callable[[], Film]] = {
    "plain": lambda: synthetic_film.film(6),
    "one call": lambda: synthetic_film.film(1),
    "two calls a step": lambda: synthetic_film.film(6, calls_per_step=2, space="ve"),
    "no guidance": lambda: synthetic_film.film(6, guidance_scale=1.0),
    "velocity, pure noise first": lambda: infinite_start(synthetic_film.film(6, prediction_type="v_prediction")),
    "still running": lambda: replace(synthetic_film.film(6), frames=synthetic_film.film(6).frames[:2]),
    "many channels, oblong": lambda: synthetic_film.film(4, shape=(16, 8, 24), dtype=np.float16),
}


def test_every_file_of_the_folder_is_in_the_table() -> None:
    files = {path.stem for path in Path(views.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == set(VIEWS)


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_explains_itself_in_plain_words(name: str) -> None:
    kind = VIEWS[name]
    assert 150 < len(kind.about) < 500
    assert kind.terms
    assert all(term and meaning.endswith(".") for term, meaning in kind.terms)


@pytest.mark.parametrize("kind", FILMS)
@pytest.mark.parametrize("name", VIEWS)
def test_every_view_shows_every_kind_of_run(qtbot: QtBot, name: str, kind: str) -> None:
    film = FILMS[kind]()
    view = VIEWS[name].make()
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.show()
    other_schedules = {"Karras": synthetic_film.schedule(4)}
    for call in range(len(film.frames)):
        view.show_moment(FrameContext(film, call, other_schedules=other_schedules))
        assert not view.grab().isNull()
    table = view.table(FrameContext(film, len(film.frames) - 1, other_schedules=other_schedules))
    if table is not None:
        assert {len(row) for row in table.rows} == {len(table.header)}
        assert "nan" not in table.csv()


def shown(qtbot: QtBot, view: FilmView, moment: FrameContext) -> None:
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.show()
    view.show_moment(moment)


def test_denoised_shows_the_true_picture_where_it_is_there(qtbot: QtBot) -> None:
    film, view = synthetic_film.film(4), DenoisedView()
    shown(qtbot, view, FrameContext(film, 2))
    assert pixels_equal(view, film.frames[2].denoised, film)
    assert view.pane.caption == "rough preview"
    decoded = np.full((128, 128, 3), 77, np.uint8)
    view.show_moment(FrameContext(film, 2, decoded))
    assert np.array_equal(to_pixels(view.pane.image), decoded)


def test_noisy_has_the_same_contrast_in_both_scales(qtbot: QtBot) -> None:
    vp, ve, view = synthetic_film.film(4), synthetic_film.film(4, space="ve"), NoisyView()
    shown(qtbot, view, FrameContext(ve, 0))
    difference = to_pixels(view.pane.image).astype(int) - vp.latent_rgb.picture(vp.frames[0].noisy)
    assert np.abs(difference).max() <= 1


def test_noisy_tells_the_mixture(qtbot: QtBot) -> None:
    film, view = infinite_start(synthetic_film.film(4)), NoisyView()
    shown(qtbot, view, FrameContext(film, 0))
    assert view.pane.caption == "0 % picture, 100 % noise"


def test_predicted_noise_is_what_the_network_said(qtbot: QtBot) -> None:
    words: dict[PredictionType, str] = {"epsilon": "noise ε", "v_prediction": "velocity v"}
    for kind, word in words.items():
        film = synthetic_film.film(4, prediction_type=kind)
        view = PredictedNoiseView()
        shown(qtbot, view, FrameContext(film, 1))
        difference = to_pixels(view.pane.image).astype(int) - film.latent_rgb.picture(film.frames[1].guided)
        assert np.abs(difference).max() <= 1
        assert view.pane.caption.startswith(word)


def test_guidance_shows_what_each_half_alone_would_make(qtbot: QtBot) -> None:
    film, view = synthetic_film.film(6), GuidanceView()
    shown(qtbot, view, FrameContext(film, 3))
    with_prompt, without, _ = (to_pixels(pane.image) for pane in view.panes)
    assert not np.array_equal(with_prompt, without)
    frame = film.frames[3]
    alpha, noise = 1 / np.sqrt(1 + frame.sigma**2), frame.sigma / np.sqrt(1 + frame.sigma**2)
    x0 = (frame.noisy - noise * frame.cond) / alpha
    assert np.abs(with_prompt.astype(int) - film.latent_rgb.picture(x0)).max() <= 1


def test_guidance_map_is_brightest_where_the_halves_differ_most(qtbot: QtBot) -> None:
    film = synthetic_film.film(4)
    frame = film.frames[1]
    assert frame.uncond is not None
    cond = frame.uncond.copy()
    cond[:, 5, 9] += 3
    film = replace(film, frames=(film.frames[0], replace(frame, cond=cond), *film.frames[2:]))
    film = replace(film, latent_rgb=LatentRgb(np.zeros((4, 3), np.float32), np.zeros(3, np.float32)))
    view = GuidanceView()
    shown(qtbot, view, FrameContext(film, 1))
    brightness = to_pixels(view.panes[2].image).sum(axis=2)
    assert np.unravel_index(brightness.argmax(), brightness.shape) == (5, 9)
    assert view.panes[2].caption == "difference (≤ 6)"


def test_guidance_says_when_it_was_off(qtbot: QtBot) -> None:
    view = GuidanceView()
    moment = FrameContext(synthetic_film.film(4, guidance_scale=1.0), 1)
    shown(qtbot, view, moment)
    assert any("off" in label.text() and label.isVisible() for label in view.findChildren(QLabel))
    assert view.table(moment) is None


def test_a_channel_alone_is_shown_in_colours_until_pressed_again(qtbot: QtBot) -> None:
    film, view = synthetic_film.film(4), LatentChannelsView()
    shown(qtbot, view, FrameContext(film, 3))
    requested_decode: list[np.ndarray] = []
    view.decode_wanted.connect(requested_decode.append)
    x0 = film.frames[3].denoised
    cell = view.cells[2]
    values = to_pixels(cell.pane.image)
    qtbot.mouseClick(cell, Qt.MouseButton.LeftButton)
    only = np.zeros_like(x0)
    only[2] = x0[2]
    assert np.array_equal(to_pixels(cell.pane.image), film.latent_rgb.picture(only))
    assert np.array_equal(requested_decode[0], only)
    decoded = np.full((64, 64, 3), 99, np.uint8)
    view.show_moment(FrameContext(film, 3, requested_decode=DecodedLatent(requested_decode[0], decoded)))
    assert np.array_equal(to_pixels(cell.pane.image), decoded)
    assert len(requested_decode) == 1
    qtbot.mouseClick(cell, Qt.MouseButton.LeftButton)
    assert np.array_equal(to_pixels(cell.pane.image), values)


def test_channels_show_mean_spread_and_histogram(qtbot: QtBot) -> None:
    film, view = synthetic_film.film(4), LatentChannelsView()
    shown(qtbot, view, FrameContext(film, 3))
    cell: ChannelCell = view.cells[0]
    x0 = film.frames[3].denoised[0]
    assert cell.pane.caption == f"1: {x0.mean():.2f} ± {x0.std():.2f}".replace("-", "−")
    assert cell.histogram.counts.sum() == x0.size


@pytest.mark.parametrize(("width", "height"), [(900, 400), (500, 220), (230, 170), (180, 300)])
def test_channels_keep_their_pictures_in_every_room(qtbot: QtBot, width: int, height: int) -> None:
    film, view = synthetic_film.film(2, shape=(12, 16, 16)), LatentChannelsView()
    shown(qtbot, view, FrameContext(film, 1))
    view.resize(width, height)
    qtbot.waitUntil(lambda: all(min(cell.pane.width(), cell.pane.height()) >= 24 for cell in view.cells))
    assert all(view.rect().contains(cell.geometry()) for cell in view.cells)


def test_drawing_anew_leaves_nothing_of_the_old_curves(qtbot: QtBot) -> None:
    film, view = synthetic_film.film(6), SettlingView()
    shown(qtbot, view, FrameContext(film, 3))
    before = len(view.plot.chart.scene().items())
    view.show_moment(FrameContext(replace(film), 3))
    view.show_moment(FrameContext(replace(film), 3))
    assert len(view.plot.chart.scene().items()) == before


def test_schedule_shows_each_quantity_with_ghosts(qtbot: QtBot) -> None:
    film, ghost, view = synthetic_film.film(8), synthetic_film.schedule(5), ScheduleView()
    shown(qtbot, view, FrameContext(film, 3, other_schedules={"Karras": ghost}))
    combo = found(view, QComboBox, "scheduleQuantityCombo")
    sigmas = film.schedule.sigmas
    expected = [sigmas, -2 * np.log(sigmas), 1 / (1 + sigmas**2), film.schedule.timesteps]
    assert combo.count() == len(expected)
    for index, values in enumerate(expected):
        combo.setCurrentIndex(index)
        behind, own = view.plot.curves
        np.testing.assert_allclose(own.y, values, rtol=1e-6)
        assert (behind.name, behind.is_ghost, len(behind.y)) == ("Karras", True, 5)
    assert view.plot.marker.value() == 4


def test_the_marker_of_a_plot_can_be_dragged(qtbot: QtBot, heard: Callable[[object], Heard]) -> None:
    film, view = synthetic_film.film(8), ScheduleView()
    shown(qtbot, view, FrameContext(film, 3))
    qtbot.waitUntil(lambda: view.plot.chart.width() > 400)
    selected = heard(view.call_selected)
    chart = view.plot.chart.viewport()
    qtbot.mousePress(chart, Qt.MouseButton.LeftButton, pos=QPoint(chart.width() - 12, 60))
    qtbot.mouseMove(chart, QPoint(60, 60))
    assert selected == [(7,), (0,)]


def test_settling_names_the_step_after_which_little_changes(qtbot: QtBot) -> None:
    film = synthetic_film.film(10)
    end = film.frames[-1].denoised
    parts = [0, 0.2, 0.4, 0.6, 0.8, 0.92, 0.95, 0.98, 0.99, 1]
    frames = [replace(frame, denoised=part * end) for frame, part in zip(film.frames, parts, strict=True)]
    view = SettlingView()
    shown(qtbot, view, FrameContext(replace(film, frames=tuple(frames)), 3))
    assert view.sentence.text().startswith("From step 6 of 10 on")
    assert view.plot.note is not None
    assert view.plot.note.text == "step 6"


def test_settling_names_no_step_while_the_run_goes_on(qtbot: QtBot) -> None:
    film, view = synthetic_film.film(10), SettlingView()
    shown(qtbot, view, FrameContext(replace(film, frames=film.frames[:4]), 3))
    assert view.plot.note is None


def test_spectrum_shows_layout_before_texture(qtbot: QtBot) -> None:
    film, view = synthetic_film.film(20, shape=(4, 32, 32)), SpectrumView()
    shown(qtbot, view, FrameContext(film, 3))
    layout, *_, texture = view.plot.curves
    assert "layout" in layout.name
    assert "texture" in texture.name
    assert (layout.y[-1], texture.y[-1]) == (100, 100)
    assert layout.y[14] > 80 > 40 > texture.y[14]


def test_spectra_are_computed_once_for_each_frame(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.film.views import spectrum as module

    computed: list[int] = []
    measure = module.spectrum

    def count(latent: np.ndarray) -> object:
        computed.append(1)
        return measure(latent)

    monkeypatch.setattr(module, "spectrum", count)
    film, view = synthetic_film.film(6), SpectrumView()
    for calls in range(1, 7):
        view.show_moment(FrameContext(replace(film, frames=film.frames[:calls]), calls - 1))
    qtbot.addWidget(view)
    assert len(computed) == 6
