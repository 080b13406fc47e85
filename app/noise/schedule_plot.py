"""Plots the model's noise schedule over t, in a choice of units, with a marker that can be dragged."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from app.film.call_plot import CallPlot, Curve
from app.widgets.building import vbox
from app.widgets.field import combo_box
from core.language.words import tr
from core.measures.noise_levels import log_snr

HEIGHT_PX = 130
POINTS = 200
NOISE_COLOUR = "#5b7fb4"

_Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Quantity:
    """``curves`` from alpha-bar: name, values and colour of each."""

    label: str
    axis: str
    curves: Callable[[_Numbers], tuple[tuple[str, _Numbers, str], ...]]
    is_logarithmic: bool = False


def _parts(alphas_cumprod: _Numbers) -> tuple[tuple[str, _Numbers, str], ...]:
    noise = np.sqrt(1 - alphas_cumprod)
    return (tr("picture √ᾱ"), np.sqrt(alphas_cumprod), ""), (tr("noise √(1−ᾱ)"), noise, NOISE_COLOUR)


def _sigmas(alphas_cumprod: _Numbers) -> _Numbers:
    with np.errstate(divide="ignore"):
        return np.sqrt((1 - alphas_cumprod) / alphas_cumprod)


_QUANTITIES = (
    _Quantity(tr("Picture and noise"), tr("part in the mixture"), _parts),
    _Quantity(tr("Signal left ᾱ"), tr("ᾱ, part of the variance"), lambda alphas: (("ᾱ", alphas, ""),)),
    _Quantity(
        tr("Noise level σ"),
        tr("σ, noise / signal"),
        lambda alphas: (("σ", _sigmas(alphas), ""),),
        is_logarithmic=True,
    ),
    _Quantity("log-SNR", tr("ln (signal² / noise²)"), lambda alphas: (("log-SNR", log_snr(_sigmas(alphas)), ""),)),
)


class SchedulePlot(QWidget):
    """Signals:
    t_chosen(int): by a press or a drag in the plot.
    """

    t_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._alphas_cumprod = np.zeros(0)
        self._places = np.zeros(0, np.int64)
        self._t = 0
        choices = ((quantity.label, quantity) for quantity in _QUANTITIES)
        about = tr("In which unit the noise schedule of the model is drawn")
        self.quantity_combo = combo_box(choices, "noiseQuantityCombo", tr("Quantity"), about)
        self.quantity_combo.currentIndexChanged.connect(self._draw)
        self.plot = CallPlot(self)
        self.plot.padding = 0.0  # its ends lie below those of the slider
        self.plot.setFixedHeight(HEIGHT_PX)
        self.plot.call_selected.connect(self._choose_point)
        vbox(self.plot, on=self)

    def show_schedule(self, alphas_cumprod: _Numbers) -> None:
        """Plots a schedule; alpha-bar as in `core.runs.round_trip.RoundTrip`."""
        self._alphas_cumprod = alphas_cumprod
        self._places = np.unique(np.linspace(0, len(alphas_cumprod) - 1, POINTS).astype(np.int64))
        self._draw()

    def show_t(self, t: int) -> None:
        """Moves the marker."""
        self._t = t
        if len(self._places):
            self.plot.show_call(min(int(np.searchsorted(self._places, t)), len(self._places) - 1))

    @Slot()
    def _draw(self) -> None:
        if not len(self._places):
            return
        quantity = _QUANTITIES[self.quantity_combo.currentIndex()]
        curves = tuple(
            Curve(name, self._places, values, colour=colour, has_points=False)
            for name, values, colour in quantity.curves(self._alphas_cumprod[self._places])
        )
        self.plot.show_curves(
            self._places.astype(np.float64),
            curves,
            quantity.axis,
            is_logarithmic=quantity.is_logarithmic,
            x_label=tr("timestep t"),
        )
        self.show_t(self._t)

    @Slot(int)
    def _choose_point(self, point: int) -> None:
        self.t_chosen.emit(int(self._places[point]))
