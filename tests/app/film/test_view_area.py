"""One view or four in step; nothing is computed for views that are not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QComboBox, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.film.explanation import Explanation
from app.film.film_panel import FilmPanel
from app.film.film_view import FilmView
from app.film.frame_context import FrameContext
from app.film.help_sheet import WIDTH_PX, Figure, HelpSheet
from app.film.position import number
from app.film.view_area import ViewArea
from app.film.view_frame import ViewFrame
from app.film.views import VIEWS, predicted_noise
from app.widgets.pixels import to_pixels
from core.errors import SaveFailed
from core.film_export.pictures import prediction
from tests import synthetic_film
from tests.app.film.conftest import Heard, found

Listen = Callable[[object], Heard]


def area(panel: FilmPanel) -> ViewArea:
    return found(panel, ViewArea, "filmViews")


def calls_of(view: FilmView, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts the moments that a view is given from now on."""
    shown: list[int] = []
    show = view.show_moment

    def count(moment: FrameContext) -> None:
        shown.append(moment.call)
        show(moment)

    monkeypatch.setattr(view, "show_moment", count)
    return shown


def test_views_are_not_even_made_before_they_are_opened(panel: FilmPanel) -> None:
    panel.show_film(synthetic_film.film(4))
    panel.select(1)
    assert panel.findChildren(FilmView) == []


def test_four_views_stay_in_step(panel: FilmPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    panel.show_film(synthetic_film.film(4))
    panel.open_views(["denoised", "spectrum", "guidance", "settling"])
    frames = area(panel).frames
    assert [frame.view_name for frame in frames] == ["denoised", "spectrum", "guidance", "settling"]
    shown = [calls_of(frame.view, monkeypatch) for frame in frames]
    panel.select(2)
    qtbot.waitUntil(lambda: all(calls[-1:] == [2] for calls in shown))
    assert [calls.count(2) for calls in shown] == [1] * 4


class Layouts(QObject):
    """Counts how often a widget was told to place its parts again."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        self.count += event.type() is QEvent.Type.LayoutRequest
        return False


@pytest.mark.parametrize("name", VIEWS)
def test_another_step_places_nothing_of_the_window_anew(
    panel: FilmPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    film = synthetic_film.film(14)
    panel.show_film(replace(film, frames=film.frames[:1]))
    panel.open_views([name])
    layouts, shown = Layouts(area(panel)), calls_of(area(panel).frames[0].view, monkeypatch)
    counts: list[int] = []
    for calls in range(2, 14):
        panel.grow(replace(film, frames=film.frames[:calls]))
        qtbot.waitUntil(lambda calls=calls: shown[-1:] == [calls - 1])
        qtbot.wait(5)
        counts.append(layouts.count)
    assert counts[-1] == counts[-4]  # the first ones come with the view


def test_each_view_gets_its_turn_where_steps_come_faster_than_all_can_show(
    panel: FilmPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = synthetic_film.film(4)
    panel.show_film(film)
    panel.open_views(["denoised", "spectrum", "guidance", "settling"])
    shown = [calls_of(frame.view, monkeypatch) for frame in area(panel).frames]
    for call in (0, 1, 2, 3, 0, 1, 2, 3):  # no turn of the event loop between them
        area(panel).show_moment(FrameContext(film, call))
    assert sorted(map(len, shown)) == [2] * 4


def test_views_skip_what_they_cannot_keep_up_with(
    panel: FilmPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.show_film(synthetic_film.film(4))
    panel.open_views(["spectrum"])
    qtbot.wait(1)
    shown = calls_of(area(panel).frames[0].view, monkeypatch)
    for call in (2, 1, 0, 3):
        panel.select(call)
    qtbot.waitUntil(lambda: bool(shown))
    assert shown == [3]


@pytest.mark.parametrize("names", [["spectrum"], ["denoised", "spectrum", "guidance", "settling"]])
def test_views_of_a_page_that_is_not_open_rest_and_show_what_came_when_it_opens(
    panel: FilmPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    film = synthetic_film.film(4)
    panel.show_film(replace(film, frames=film.frames[:2]))
    panel.open_views(names)
    frames = area(panel).frames
    shown = [calls_of(frame.view, monkeypatch) for frame in frames]
    panel.grow(replace(film, frames=film.frames[:3]))  # of which some wait for their turn
    panel.hide()
    before = [len(calls) for calls in shown]
    panel.grow(film)
    qtbot.wait(20)
    assert [len(calls) for calls in shown] == before
    assert all(frame._moment is None for frame in frames)  # pyright: ignore[reportPrivateUsage]
    panel.show()
    assert [calls[-1] for calls in shown] == [3] * len(names)


def test_hidden_views_are_given_nothing(panel: FilmPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    panel.show_film(synthetic_film.film(4))
    panel.open_views(["denoised", "spectrum", "guidance", "settling"])
    first, second, *_ = area(panel).frames
    seen, unseen = calls_of(first.view, monkeypatch), calls_of(second.view, monkeypatch)
    qtbot.mouseClick(found(panel, QToolButton, "filmFourViewsButton"), Qt.MouseButton.LeftButton)
    panel.select(1)
    qtbot.waitUntil(lambda: seen[-1:] == [1])
    assert unseen == []
    qtbot.mouseClick(found(panel, QToolButton, "filmViewsButton"), Qt.MouseButton.LeftButton)
    seen.clear()
    panel.select(2)
    qtbot.wait(5)
    assert (seen, unseen) == ([], [])
    qtbot.mouseClick(found(panel, QToolButton, "filmViewsButton"), Qt.MouseButton.LeftButton)
    assert seen[-1] == 2


def test_a_view_that_was_replaced_is_given_nothing(
    panel: FilmPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.show_film(synthetic_film.film(4))
    panel.open_views(["spectrum"])
    (frame,) = area(panel).frames
    shown = calls_of(frame.view, monkeypatch)
    frame.choose("noisy")
    panel.select(1)
    qtbot.wait(5)
    assert shown == []


def test_choosing_a_view_is_told_for_the_settings(panel: FilmPanel, heard: Listen) -> None:
    panel.show_film(synthetic_film.film(4))
    panel.open_views(["denoised"])
    chosen = heard(panel.views_changed)
    combo = found(panel, QComboBox, "viewCombo")
    combo.setCurrentIndex(combo.findData("settling"))
    combo.activated.emit(combo.currentIndex())
    assert chosen == [(("settling",),)]


def test_four_views_stand_so_that_each_has_a_pleasant_shape(panel: FilmPanel, qtbot: QtBot) -> None:
    panel.show_film(synthetic_film.film(4))
    panel.open_views(["denoised", "spectrum", "guidance", "settling"])
    for size, columns in (((900, 900), 2), ((1400, 420), 4)):
        panel.resize(*size)
        qtbot.waitUntil(lambda n=columns: len({frame.x() for frame in area(panel).frames}) == n)


def test_a_view_explains_itself_the_first_time_only(qtbot: QtBot, heard: Listen) -> None:
    panel = FilmPanel(explained=["noisy"])
    qtbot.addWidget(panel)
    panel.resize(900, 600)
    panel.show()
    panel.show_film(synthetic_film.film(4))
    explained = heard(panel.views.view_explained)
    panel.open_views(["noisy"])
    assert panel.findChild(Explanation) is None
    panel.open_views(["settling"])
    found(panel, QPushButton, "closeExplanationButton").click()
    assert explained == [("settling",)]
    panel.open_views(["noisy"])
    panel.open_views(["settling"])
    qtbot.waitUntil(lambda: panel.findChild(Explanation) is None)


@pytest.mark.parametrize("name", VIEWS)
def test_help_is_a_wide_sheet_of_the_window_with_a_figure_of_this_film(qtbot: QtBot, name: str) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1000, 700)
    frame = ViewFrame(name, set(VIEWS), window)
    window.show()
    frame.show_moment(FrameContext(synthetic_film.film(8), 1))
    ask = found(frame, QToolButton, "explainViewButton")
    ask.setChecked(True)
    sheet = found(window, HelpSheet, "helpSheet")
    assert sheet.geometry() == QRect(1000 - WIDTH_PX, 0, WIDTH_PX, 700)
    (figure,) = sheet.findChildren(Figure)
    assert len(np.unique(to_pixels(figure.grab().toImage()))) > 20
    window.resize(400, 600)
    qtbot.waitUntil(lambda: sheet.geometry() == QRect(0, 0, 400, 600))
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert not ask.isChecked()
    assert sheet.isHidden()


def test_help_leaves_with_its_view(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    frame = ViewFrame("noisy", set(VIEWS), window)
    window.show()
    found(frame, QToolButton, "explainViewButton").setChecked(True)
    frame.hide()
    assert not found(frame, QToolButton, "explainViewButton").isChecked()


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "flow_prediction", "sample"])
def test_predicted_noise_is_explained_by_the_models_own_prediction_type(kind: str) -> None:
    film = replace(synthetic_film.film(4), prediction_type=kind)  # pyright: ignore[reportArgumentType]
    deviations = [prediction(film, frame).std() for frame in film.frames]
    words = predicted_noise.about_film(film)
    assert words.endswith(f"Here it goes from {number(min(deviations))} to {number(max(deviations))}.")
    assert ("velocity" in words) == (kind in ("v_prediction", "flow_prediction"))


def test_what_is_seen_can_be_saved(panel: FilmPanel, qtbot: QtBot, tmp_path: Path) -> None:
    panel.show_film(synthetic_film.film(4))
    panel.open_views(["schedule"])
    (frame,) = area(panel).frames
    qtbot.waitUntil(lambda: frame.view.width() > 300)
    frame.save_picture(tmp_path / "plot.png")
    frame.save_numbers(tmp_path / "numbers.csv")
    assert QImage(str(tmp_path / "plot.png")).width() > 300
    lines = (tmp_path / "numbers.csv").read_text().splitlines()
    assert lines[0] == "call,step,timestep,sigma,log_snr,alphas_cumprod"
    assert len(lines) == 5
    np.testing.assert_allclose(
        [float(line.split(",")[3]) for line in lines[1:]], synthetic_film.schedule(4).sigmas
    )


def test_a_place_that_cannot_be_written_is_told(panel: FilmPanel, heard: Listen, tmp_path: Path) -> None:
    panel.show_film(synthetic_film.film(4))
    panel.open_views(["schedule"])
    failed = heard(panel.views.save_failed)
    (frame,) = area(panel).frames
    (tmp_path / "file").write_text("in the way")
    frame.save_numbers(tmp_path / "file" / "numbers.csv")
    ((error,),) = failed
    assert isinstance(error, SaveFailed)


def test_the_first_view_stands_for_one_that_another_version_had(panel: FilmPanel) -> None:
    panel.show_film(synthetic_film.film(4))
    panel.open_views(["a view of another version"])
    assert [frame.view_name for frame in area(panel).frames] == [next(iter(VIEWS))]
