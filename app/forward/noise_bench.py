"""The middle of the page: x_t beside what the network makes of it, the slider over t, and the schedule."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QVBoxLayout, QWidget

from app.controls.field import describe
from app.film.call_plot import CallPlot, Curve
from app.film.picture_pane import PicturePane
from app.film.position import number
from app.icons import ICON_NAME
from app.pixels import to_image
from core.measures.noise_levels import log_snr
from core.picture import Pixels
from core.round_trip import OneStep, RoundTrip

PLOT_HEIGHT_PX = 150
POINTS = 200


class NoiseBench(QWidget):
    """Signals:
    t_chosen(int): by the slider or in the plot. other_noise_asked: another draw of epsilon.
    """

    t_chosen = Signal(int)
    other_noise_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.noisy = PicturePane()
        self.guess = PicturePane()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        describe(
            self.slider,
            "noiseSlider",
            "Timestep",
            "Timestep t: how much noise is mixed in. 0 is the picture, the end is noise alone.",
        )
        self.slider.valueChanged.connect(self.t_chosen)
        self.numbers = QLabel()
        self.numbers.setObjectName("noiseNumbers")
        self.numbers.setProperty("role", "number")
        self.plot = CallPlot(self)
        self.plot.setFixedHeight(PLOT_HEIGHT_PX)
        self.plot.call_selected.connect(self._choose_point)
        self._places = np.zeros(0, np.int64)
        pictures = QHBoxLayout()
        pictures.setSpacing(16)
        pictures.addWidget(self.noisy)
        pictures.addWidget(self.guess)
        ends = QHBoxLayout()
        ends.addWidget(_hint("the picture"))
        ends.addWidget(self.slider, 1)
        ends.addWidget(_hint("noise alone"))
        dice = QToolButton()
        dice.setProperty("kind", "quiet")
        dice.setProperty(ICON_NAME, "dice")
        describe(dice, "otherNoiseButton", "Other noise", "Throw the dice: the same amount of other noise")
        dice.clicked.connect(self.other_noise_asked)
        ends.addWidget(dice)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(pictures, 1)
        column.addLayout(ends)
        column.addWidget(self.numbers, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.plot)

    def show_trip(self, trip: RoundTrip, t: int) -> None:
        """Another picture, with the schedule of the model."""
        last = len(trip.alphas_cumprod) - 1
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, last)
            self.slider.setPageStep(max(last // 20, 1))
            self.slider.setValue(t)
        self._places = np.unique(np.linspace(0, last, POINTS).astype(np.int64))
        signal = np.sqrt(trip.alphas_cumprod[self._places])
        noise = np.sqrt(1 - trip.alphas_cumprod[self._places])
        curves = (
            Curve("picture √ᾱ", self._places, signal, has_points=False),
            Curve("noise √(1−ᾱ)", self._places, noise, colour="#5b7fb4", has_points=False),
        )
        self.plot.show_curves(self._places.astype(np.float64), curves, "part in the mixture", x_label="timestep t")
        self.guess.show_picture(to_image(trip.decoded), "")

    def show_noise(self, trip: RoundTrip, t: int, preview: Pixels) -> None:
        """x_t at once; the guess stays until the network has answered."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(t)
        alpha_cumprod, sigma = float(trip.alphas_cumprod[t]), trip.sigma(t)
        picture, noise = alpha_cumprod**0.5, (1 - alpha_cumprod) ** 0.5
        self.noisy.show_picture(to_image(preview), f"xₜ = {picture:.2f} × picture + {noise:.2f} × noise")
        snr = number(float(log_snr(np.array([sigma]))[0]))
        self.numbers.setText(f"t {t}  ·  ᾱ {alpha_cumprod:.3f}  ·  σ {number(sigma)}  ·  log-SNR {snr}")
        self.plot.show_call(int(np.searchsorted(self._places, t)))

    def show_step(self, step: OneStep | None) -> None:
        """What the network believes in; None while it is being asked."""
        if step is None:
            self.guess.show_picture(self.guess.image, "asking the network …")
        else:
            self.noisy.show_picture(to_image(step.noisy), self.noisy.caption)
            self.guess.show_picture(to_image(step.denoised), "one-step prediction x̂₀")

    @Slot(int)
    def _choose_point(self, point: int) -> None:
        self.t_chosen.emit(int(self._places[point]))


def _hint(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "hint")
    return label
