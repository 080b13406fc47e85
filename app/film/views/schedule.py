"""Schedule: the noise left at each step, and the steps that the sampler takes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot

from app.film.call_plot import CallPlot, Curve
from app.film.film_view import FilmView, Table, ViewKind
from app.film.frame_context import FrameContext
from app.film.position import number, positions
from app.widgets.building import hbox, stretched, text_label, vbox
from app.widgets.field import combo_box
from app.widgets.still_line import StillLine
from core.film.film import Schedule
from core.language.words import tr
from core.measures.noise_levels import alphas_cumprod, log_snr


@dataclass(frozen=True, slots=True)
class _Quantity:
    label: str
    axis: str
    values: Callable[[Schedule], NDArray[np.float64]]
    is_logarithmic: bool = False


_QUANTITIES = (
    _Quantity(tr("Noise level σ"), tr("σ, noise / signal"), lambda schedule: schedule.sigmas, is_logarithmic=True),
    _Quantity("log-SNR", tr("ln (signal² / noise²)"), lambda schedule: log_snr(schedule.sigmas)),
    _Quantity(
        tr("Signal left ᾱ"), tr("ᾱ, part of the variance"), lambda schedule: alphas_cumprod(schedule.sigmas)
    ),
    _Quantity(tr("Timestep"), tr("t, steps of training"), lambda schedule: schedule.timesteps.astype(np.float64)),
)


class ScheduleView(FilmView):
    """Plots one quantity at a time, with other samplers' schedules behind it in grey."""

    def __init__(self) -> None:
        super().__init__()
        self._moment: FrameContext | None = None
        self._drawn: tuple[object, ...] = ()
        choices = ((quantity.label, quantity) for quantity in _QUANTITIES)
        self.quantity_combo = combo_box(choices, "scheduleQuantityCombo", tr("Quantity"))
        self.quantity_combo.currentIndexChanged.connect(self._redraw)
        self._value = text_label(role="number")
        self.plot = CallPlot(self)
        self.plot.call_selected.connect(self.call_selected)
        head = hbox(self.quantity_combo, stretched(StillLine(self._value)))
        vbox(head, stretched(self.plot), on=self)

    def show_moment(self, moment: FrameContext) -> None:
        self._moment = moment
        schedule, index = moment.film.schedule, self.quantity_combo.currentIndex()
        quantity = _QUANTITIES[index]
        state = (schedule, moment.other_schedules, index)
        if len(self._drawn) != len(state) or any(a is not b for a, b in zip(self._drawn, state, strict=True)):
            self._drawn = state
            other_schedules = [
                Curve(name, positions(ghost), quantity.values(ghost), is_ghost=True)
                for name, ghost in moment.other_schedules.items()
            ]
            own = Curve(tr("this run"), positions(schedule), quantity.values(schedule))
            self.plot.show_curves(
                positions(schedule), [*other_schedules, own], quantity.axis, is_logarithmic=quantity.is_logarithmic
            )
        self.plot.show_call(moment.call)
        self._value.setText(number(float(quantity.values(schedule)[moment.call])))

    def table(self, moment: FrameContext) -> Table | None:
        schedule = moment.film.schedule
        rows = [
            (call, step + 1, float(t), float(sigma), float(snr), float(alpha_bar))
            for call, (step, t, sigma, snr, alpha_bar) in enumerate(
                zip(
                    schedule.steps,
                    schedule.timesteps,
                    schedule.sigmas,
                    log_snr(schedule.sigmas),
                    alphas_cumprod(schedule.sigmas),
                    strict=True,
                )
            )
        ]
        return Table(("call", "step", "timestep", "sigma", "log_snr", "alphas_cumprod"), rows)

    @Slot()
    def _redraw(self) -> None:
        if self._moment is not None:
            self.show_moment(self._moment)


KIND = ViewKind(
    label=tr("Schedule"),
    make=ScheduleView,
    about=tr(
        "How noise falls from step to step. A sampler chooses at which noise levels to ask the network; where "
        "the curve is flat, it spends many steps on the same kind of work – much noise means layout, little "
        "noise means texture. Drag the line to go to a step. Grey curves are other samplers with as many "
        "steps."
    ),
    terms=(
        (tr("σ (sigma)"), tr("strength of the noise divided by strength of the picture; falls to almost 0.")),
        ("log-SNR", tr("logarithm of signal to noise in power, −2 ln σ; 0 means half and half.")),
        (tr("ᾱ (alpha-bar)"), tr("the part of the variance that is picture, from 0 to 1.")),
        (tr("timestep"), tr("the same in the units of training, usually from 999 down to 0.")),
    ),
)
