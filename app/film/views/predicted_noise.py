"""Predicted noise: the network's prediction as noise, or as velocity for models that predict that."""

import numpy as np

from app.film.film_view import PaneView, Table, ViewKind
from app.film.frame_context import FrameContext
from app.film.position import number
from app.widgets.pixels import to_image
from core.film_export.pictures import prediction

WORDS = {"v_prediction": "velocity v", "flow_prediction": "velocity u"}


class PredictedNoiseView(PaneView):
    """Shows epsilon or v, computed from x_t and x0, which means the same for every kind of model."""

    def show_moment(self, moment: FrameContext) -> None:
        values = prediction(moment.film, moment.frame)
        word = WORDS.get(moment.film.prediction_type, "noise ε")
        caption = (
            f"{word} · mean {number(float(values.mean()))} · standard deviation {number(float(values.std()))}"
        )
        self.pane.show_picture(to_image(moment.film.latent_rgb.picture(values)), caption)

    def table(self, moment: FrameContext) -> Table | None:
        values = prediction(moment.film, moment.frame)
        places = np.ndindex(*values.shape)
        rows = [(channel, y, x, float(values[channel, y, x])) for channel, y, x in places]
        return Table(("channel", "row", "column", "value"), rows)


KIND = ViewKind(
    label="Predicted noise",
    make=PredictedNoiseView,
    about="The network does not paint: it points at what it takes for noise, and the sampler removes some of "
    "that. At first nearly everything is noise and the prediction looks like the input; where the outline "
    "of the picture shows through, the model is correcting itself. A good prediction stays near mean 0 "
    "and standard deviation 1.",
    terms=(
        ("ε (epsilon)", "the noise the model believes was added to the picture."),
        ("v (velocity)", "another way to say the same: the direction in which noise turns into picture."),
        ("u (flow velocity)", "the straight way from picture to noise, ε − x₀; its deviation is about 1.4."),
        ("prediction type", "which of them a model was trained to give; this view follows the model."),
    ),
)
