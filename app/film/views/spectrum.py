"""Spectrum: layout comes first, texture last."""

import numpy as np
from numpy.typing import NDArray

from app.film.call_plot import CallPlot, Curve
from app.film.film_view import FilmView, Table, ViewKind
from app.film.frame_context import FrameContext
from app.film.position import positions
from app.widgets.building import stretched, text_label, vbox
from core.film.film import Film, Frame
from core.language.words import tr
from core.measures.spectrum import SETTLED_WITHIN, Spectrum, settled_bands, spectrum

_COLOURS = ("#4c72c4", "#2f9ec4", "#2fae7d", "#9aa52c", "#e0902f", "#d8554a", "#b0509a", "#8a7be8", "#8a8a8a")
"""From large forms to fine texture; readable on white and on black."""


class SpectrumView(FilmView):
    """Plots the power of x0 in each octave of frequency, relative to the last step's."""

    def __init__(self) -> None:
        super().__init__()
        self._film: Film | None = None
        self._known: list[tuple[Frame, Spectrum]] = []
        self.plot = CallPlot(self)
        self.plot.call_selected.connect(self.call_selected)
        self.sentence = text_label(parent=self, name="spectrumSentence", wraps=True, role="number")
        vbox(self.sentence, stretched(self.plot), on=self, spacing=0)

    def show_moment(self, moment: FrameContext) -> None:
        if moment.film is not self._film:
            self._film = moment.film
            self._draw(moment.film)
        self.plot.show_call(moment.call)

    def table(self, moment: FrameContext) -> Table | None:
        spectra = self._spectra_of(moment.film)
        header = ("call", "step", "mean_power", *(f"power_{name}" for name in _band_names(spectra[0], "_")))
        rows = [
            (frame.call, frame.step + 1, found.mean_power, *(float(power) for power in found.power))
            for frame, found in zip(moment.film.frames, spectra, strict=True)
        ]
        return Table(header, rows)

    def _spectra_of(self, film: Film) -> list[Spectrum]:
        """Returns one spectrum for each frame; those of a film that has grown are computed once."""
        same = 0
        while same < min(len(self._known), len(film.frames)) and self._known[same][0] is film.frames[same]:
            same += 1
        new = [(frame, spectrum(frame.denoised)) for frame in film.frames[same:]]
        self._known = [*self._known[:same], *new]
        return [found for _, found in self._known]

    def _draw(self, film: Film) -> None:
        spectra = self._spectra_of(film)
        shares = relative_power(spectra)
        places = positions(film.schedule)
        recorded = places[: len(spectra)]
        names = _band_names(spectra[0], "–")
        words = {0: " (layout)", len(names) - 1: " (texture)"}
        curves = [
            Curve(name + words.get(band, ""), recorded, 100 * shares[:, band], colour, has_points=False)
            for band, (name, colour) in enumerate(zip(names, _COLOURS, strict=False))
        ]
        self.plot.show_curves(places, curves, tr("Power, % of last step"))
        self.sentence.setText(_sentence(film, spectra))


def relative_power(spectra: list[Spectrum]) -> NDArray[np.float64]:
    """Returns (calls, bands): power divided by that of the last call; NaN if the last call has none."""
    power = np.stack([found.power for found in spectra])
    last = np.where(power[-1] > 0, power[-1], np.nan)
    return power / last


def _sentence(film: Film, spectra: list[Spectrum]) -> str:
    if not film.is_complete or len(spectra[0].power) < 2:
        return ""
    first, *_, last = (film.frames[call].step + 1 for call in settled_bands(spectra))
    if first < last:
        order = tr("before the texture (short waves) at step {last}", last=last)
    elif first > last:
        order = tr("after the texture (short waves) at step {last}", last=last)
    else:
        order = tr("together with the texture (short waves)")
    return tr(
        "In this film the layout (long waves) is within {settled_within:.0%} of its final strength from step "
        "{first} on, {order}.",
        settled_within=SETTLED_WITHIN,
        first=first,
        order=order,
    )


def _band_names(found: Spectrum, dash: str) -> list[str]:
    return [f"{low:g}{dash}{high:g}" for low, high in zip(found.edges, found.edges[1:], strict=False)]


KIND = ViewKind(
    label=tr("Spectrum"),
    make=SpectrumView,
    about=tr(
        "A picture can be taken apart into waves: few, long ones make its layout, many short ones its "
        "texture. Each curve follows one range of waves in the estimated picture, and 100 % is its strength "
        "at the last step. Often long waves settle before short ones: early steps decide what is where, late "
        "ones the surface. The line above the curves says how it was in this film."
    ),
    terms=(
        (
            "1–2, 2–4, …",
            tr("waves per picture along its longer side, by octaves; of the latent, not of the pixels."),
        ),
        (
            tr("power"),
            tr("the strength of these waves, squared and added up; 100 % is their strength at the last step."),
        ),
    ),
)
