"""Control: the map that guides this step, beside the picture that it guides."""

from app.film.film_view import PanesView, ViewKind
from app.film.frame_context import FrameContext
from app.widgets.pixels import to_image
from core.film_export.pictures import acting_in, control_picture, denoised_picture
from core.language.words import tr


class ControlView(PanesView):
    """Shows the map left and the denoised picture right."""

    def __init__(self) -> None:
        super().__init__(2, tr("No other picture guides this one.\nAdd one by + Control, above the model."))

    def show_moment(self, moment: FrameContext) -> None:
        film, frame = moment.film, moment.frame
        guiding = control_picture(film, frame)
        self.show_panes(is_shown=guiding is not None)
        if guiding is None:
            return
        acting = " · ".join(f"{one.key} {one.weight:g}" for one in acting_in(film, frame))
        left, right = self.panes
        left.show_picture(to_image(film.shown(guiding)), acting or tr("none acts in this step"))
        worked = film.shown(denoised_picture(film, frame)) if moment.decoded is None else moment.decoded
        right.show_picture(to_image(worked), tr("step {step}", step=frame.step + 1))


KIND = ViewKind(
    label=tr("Control"),
    make=ControlView,
    about=tr(
        "What a ControlNet or a T2I-Adapter looks at while it guides the picture beside it: edges, lines, a depth "
        "or a pose. At each step it tells the network where things should be, as strongly as its weight says, and "
        "only in the part of the run that was chosen for it; without one the prompt alone decides."
    ),
    terms=(
        (tr("map"), tr("the picture that such a network looks at, as it was made of the one that you gave.")),
        (tr("weight"), tr("how strongly it guides; the number behind its name.")),
    ),
)
