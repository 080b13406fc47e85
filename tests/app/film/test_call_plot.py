"""A plot that grows with a film."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.film.call_plot import CallPlot, Curve, Note

PLACES = np.arange(1.0, 9.0)
NOISE = np.array([np.inf, 9.0, 4.0, 2.0, 1.0, 0.5, 0.1, 0.0])
POWER = np.array([1.0, 3.0, 2.0, 7.0, 5.0, 4.0, 4.5, 30.0])


class Paints(QObject):
    """Counts them."""

    def __init__(self, plot: CallPlot) -> None:
        super().__init__()
        self.count = 0
        plot.chart.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        self.count += event.type() is QEvent.Type.Paint
        return False


def plot_of(qtbot: QtBot) -> CallPlot:
    plot = CallPlot()
    qtbot.addWidget(plot)
    plot.resize(300, 200)
    plot.show()
    return plot


def show(plot: CallPlot, calls: int, *, is_logarithmic: bool = False, note: Note | None = None) -> None:
    curves = [
        Curve("noise", PLACES[:calls], NOISE[:calls]),
        Curve("power", PLACES[:calls], POWER[:calls], "#2a9d8f"),
    ]
    plot.show_curves(PLACES, curves, "both", is_logarithmic=is_logarithmic, note=note)
    plot.show_call(calls - 1)


def picture(plot: CallPlot) -> QImage:
    return plot.grab().toImage()


@pytest.mark.parametrize("is_logarithmic", [False, True])
def test_a_plot_that_has_grown_looks_like_one_that_was_drawn_at_once(qtbot: QtBot, is_logarithmic: bool) -> None:
    grown, fresh = plot_of(qtbot), plot_of(qtbot)
    for calls in range(1, len(PLACES) + 1):
        show(grown, calls, is_logarithmic=is_logarithmic)
        picture(grown)
    show(fresh, len(PLACES), is_logarithmic=is_logarithmic)
    assert picture(grown) == picture(fresh)


def test_a_note_and_other_curves_are_drawn_when_they_come(qtbot: QtBot) -> None:
    grown, fresh = plot_of(qtbot), plot_of(qtbot)
    show(grown, 4)
    without = picture(grown)
    for plot in (grown, fresh):
        show(plot, 4, note=Note(2.0, "here"))
    assert picture(grown) == picture(fresh) != without


def test_the_legend_names_a_curve_of_which_nothing_can_be_drawn_yet(qtbot: QtBot) -> None:
    plot = plot_of(qtbot)
    for name in ("before", "after"):
        nothing = Curve(name, PLACES[:1], np.array([np.inf]))
        plot.show_curves(PLACES, [Curve("noise", PLACES[:4], NOISE[:4]), nothing], "both")
    assert "after" in plot._legend.text()  # pyright: ignore[reportPrivateUsage]


def test_another_step_is_painted_once(qtbot: QtBot) -> None:
    plot = plot_of(qtbot)
    paints = Paints(plot)
    counts: list[int] = []
    for calls in (5, 6, 7, 8):  # the last ones reach higher, so that the axes change
        before = paints.count
        show(plot, calls)
        qtbot.waitUntil(lambda before=before: paints.count > before)
        qtbot.wait(20)
        counts.append(paints.count - before)
    assert counts[1:] == [1, 1, 1]  # the first ones come with the window
