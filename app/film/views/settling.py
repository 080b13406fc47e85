"""Settling: the step at which the picture stops changing."""

from app.film.call_plot import CallPlot, Curve, Note
from app.film.film_view import FilmView, Table, ViewKind
from app.film.frame_context import FrameContext
from app.film.position import positions
from app.widgets.building import stretched, text_label, vbox
from core.film.film import Film
from core.language.words import tr
from core.measures.settling import SETTLED_PART, distances_between_neighbours, distances_to_last, settled_call

_NEIGHBOUR_COLOUR = "#2a9d8f"


class SettlingView(FilmView):
    """Plots the distances of each x0 to the last one, and to the one before it."""

    def __init__(self) -> None:
        super().__init__()
        self._film: Film | None = None
        self.sentence = text_label(parent=self, name="settlingSentence", wraps=True, role="number")
        self.plot = CallPlot(self)
        self.plot.call_selected.connect(self.call_selected)
        vbox(self.sentence, stretched(self.plot), on=self, spacing=0)

    def show_moment(self, moment: FrameContext) -> None:
        if moment.film is not self._film:
            self._film = moment.film
            self._draw(moment.film)
        self.plot.show_call(moment.call)

    def table(self, moment: FrameContext) -> Table | None:
        x0s = [frame.denoised for frame in moment.film.frames]
        numbers = zip(moment.film.frames, distances_to_last(x0s), distances_between_neighbours(x0s), strict=True)
        rows = [(frame.call, frame.step + 1, float(last), float(before)) for frame, last, before in numbers]
        return Table(("call", "step", "distance_to_last", "distance_to_previous"), rows)

    def _draw(self, film: Film) -> None:
        x0s = [frame.denoised for frame in film.frames]
        to_last = distances_to_last(x0s)
        places = positions(film.schedule)
        recorded = places[: len(x0s)]
        settled = settled_call(to_last)
        step = film.frames[settled].step + 1
        self.plot.show_curves(
            places,
            [
                Curve(tr("to the last step"), recorded, to_last),
                Curve(tr("to the step before"), recorded, distances_between_neighbours(x0s), _NEIGHBOUR_COLOUR),
            ],
            tr("Distance, in std of x₀"),
            note=Note(float(places[settled]), tr("step {step}", step=step)) if film.is_complete else None,
        )
        if film.is_complete:
            of = film.schedule.steps[-1] + 1
            self.sentence.setText(
                tr(
                    "From step {step} of {of} on, at most {settled_part:.0%} of the change remains.",
                    step=step,
                    of=of,
                    settled_part=SETTLED_PART,
                )
            )
        else:
            self.sentence.setText(tr("Distances to the newest step; they move until the run has ended."))


KIND = ViewKind(
    label=tr("Settling"),
    make=SettlingView,
    about=tr(
        "How far the estimated picture of each step still is from the last one. A steep fall is where the "
        "picture is decided; a long flat end means that fewer steps would have given nearly the same picture. "
        "The dashed line marks the step from which on less than a tenth of the whole way is left."
    ),
    terms=(
        (
            tr("distance"),
            tr("root mean square difference of two latents, in standard deviations of the last one."),
        ),
        (tr("to the step before"), tr("how much this step alone has changed the estimate.")),
    ),
)
