"""The middle of the page: x_t beside the network's prediction, the slider over t, and the schedule."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from app.film.call_plot import LEFT_AXIS_PX, RIGHT_GAP_PX
from app.film.picture_pane import PicturePane
from app.film.position import number
from app.noise.noise_text import level
from app.noise.schedule_plot import SchedulePlot
from app.widgets.building import STRETCH, hbox, stretched, text_label, vbox
from app.widgets.field import describe
from app.widgets.icon_button import IconButton
from app.widgets.pixels import to_image
from core.language.words import tr
from core.pictures.pixels import Pixels
from core.runs.round_trip import OneStep, RoundTrip

HANDLE_PX = 14
"""The width of a slider's handle in the style sheet: its middle goes from end to end of the plot."""


class NoisePane(QWidget):
    """Signals:
    t_chosen(int): by the slider or in the plot. other_noise_asked: another draw of epsilon.

    Attributes:
        head: the row above the pictures: what there is to see, and room for a button.
    """

    t_chosen = Signal(int)
    other_noise_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.noisy = PicturePane()
        self.noisy.setAccessibleName(tr("Mixture of picture and noise"))
        self.guess = PicturePane()
        self.guess.setAccessibleName(tr("One-step prediction"))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        describe(
            self.slider,
            "noiseSlider",
            tr("Timestep"),
            tr("Timestep t: how much noise is mixed in. 0 is nearly the picture, the end is noise alone."),
        )
        self.slider.valueChanged.connect(self.t_chosen)
        self.level = text_label(name="noiseLevel", wraps=True)
        self.numbers = text_label(name="noiseNumbers", role="number")
        self.plot = SchedulePlot()
        self.plot.t_chosen.connect(self.t_chosen)
        self.head = QHBoxLayout()
        self._lay_out()

    def show_trip(self, trip: RoundTrip) -> None:
        """Shows another picture or another schedule."""
        last = len(trip.alphas_cumprod) - 1
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, last)
            self.slider.setPageStep(max(last // 20, 1))
        self.plot.show_schedule(trip.alphas_cumprod)
        self.guess.show_picture(to_image(trip.decoded))

    def show_noise(self, trip: RoundTrip, t: int, preview: Pixels) -> None:
        """Shows x_t at once; the prediction stays until the network has answered."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(t)
        alpha_cumprod, sigma = float(trip.alphas_cumprod[t]), trip.sigma(t)
        picture, noise = alpha_cumprod**0.5, (1 - alpha_cumprod) ** 0.5
        self.noisy.show_picture(
            to_image(preview),
            tr("xₜ = {picture:.2f} × picture + {noise:.2f} × noise", picture=picture, noise=noise),
        )
        self.level.setText(level(alpha_cumprod / (1 - alpha_cumprod)))
        self.numbers.setText(f"t {t}  ·  ᾱ {alpha_cumprod:.3f}  ·  σ {number(sigma)}")
        self.plot.show_t(t)

    def show_step(self, step: OneStep | None) -> None:
        """Shows the network's prediction; None while it is computed."""
        if step is None:
            self.show_waiting(tr("asking the network…"))
        else:
            self.noisy.show_picture(to_image(step.noisy), self.noisy.caption)
            self.guess.show_picture(to_image(step.denoised), tr("one-step prediction of x₀"))

    def show_waiting(self, words: str) -> None:
        """Says below the prediction why it does not belong to x_t."""
        self.guess.relabel(words)

    def _lay_out(self) -> None:
        pictures = hbox(self.noisy, self.guess, spacing=16)
        tip = tr("Other noise of the same amount")
        dice = IconButton("dice", tip, "otherNoiseButton", name=tr("Other noise"))
        dice.clicked.connect(self.other_noise_asked)
        picture, noise = text_label(tr("the picture"), role="hint"), text_label(tr("noise alone"), role="hint")
        slider = hbox(self.slider, margins=(LEFT_AXIS_PX - HANDLE_PX // 2, 0, RIGHT_GAP_PX - HANDLE_PX // 2, 0))
        ends = hbox(picture, STRETCH, noise, margins=(LEFT_AXIS_PX, 0, RIGHT_GAP_PX, 0))
        figures = hbox(stretched(self.numbers), dice, self.plot.quantity_combo, spacing=8)
        self.head.addWidget(self.level, 1)
        vbox(self.head, stretched(pictures), figures, slider, self.plot, ends, on=self, spacing=8)
