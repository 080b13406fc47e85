"""Predicted noise: the network's prediction as noise, or as velocity for models that predict that."""

import numpy as np

from app.film.film_view import PaneView, Table, ViewKind
from app.film.frame_context import FrameContext
from app.film.position import number
from app.widgets.pixels import to_image
from core.film.film import Film
from core.film_export.pictures import prediction
from core.language.words import tr

WORDS = {"v_prediction": tr("velocity v"), "flow_prediction": tr("velocity u")}


class PredictedNoiseView(PaneView):
    """Shows epsilon or v, computed from x_t and x0, which means the same for every kind of model."""

    def show_moment(self, moment: FrameContext) -> None:
        values = prediction(moment.film, moment.frame)
        word = WORDS.get(moment.film.prediction_type, "noise ε")
        caption = tr(
            "{word} · mean {mean} · standard deviation {deviation}",
            word=word,
            mean=number(float(values.mean())),
            deviation=number(float(values.std())),
        )
        self.pane.show_picture(to_image(moment.film.latent_rgb.picture(values)), caption)

    def table(self, moment: FrameContext) -> Table | None:
        values = prediction(moment.film, moment.frame)
        places = np.ndindex(*values.shape)
        rows = [(channel, y, x, float(values[channel, y, x])) for channel, y, x in places]
        return Table(("channel", "row", "column", "value"), rows)


_OF_TYPE = {
    "epsilon": tr(
        "This model predicts the noise ε itself: a good prediction has mean 0 and standard deviation 1."
    ),
    "v_prediction": tr(
        "This model predicts the velocity v, a mixture of noise and picture, whose standard deviation "
        "depends on both and need not be 1."
    ),
    "flow_prediction": tr(
        "This model predicts the velocity u, the noise minus the picture: the standard deviation "
        "is that of both together, often about 1.4."
    ),
    "sample": tr(
        "This model predicts the picture itself; the noise shown here follows from it, and has mean 0 and "
        "standard deviation 1 if the prediction is good."
    ),
}


def about_film(film: Film) -> str:
    """Returns a sentence on the prediction of this film's model, with the deviations that it has here."""
    deviations = [float(prediction(film, frame).std()) for frame in film.frames]
    here = (
        tr(
            " Here it goes from {least} to {most}.",
            least=number(min(deviations)),
            most=number(max(deviations)),
        )
        if deviations
        else ""
    )
    return _OF_TYPE[film.prediction_type] + here


KIND = ViewKind(
    label=tr("Predicted noise"),
    make=PredictedNoiseView,
    about=tr(
        "The network doesn't paint. It predicts what is noise, and the sampler removes a little of it. At "
        "first nearly everything is noise and the prediction looks like the input; where the outline of the "
        "picture shows through, the model is correcting itself."
    ),
    about_film=about_film,
    terms=(
        (tr("ε (epsilon)"), tr("the noise the model believes was added to the picture.")),
        (tr("v (velocity)"), tr("another way to say the same: the direction in which noise turns into picture.")),
        (
            tr("u (flow velocity)"),
            tr("the straight way from picture to noise, ε − x₀; its deviation is about 1.4."),
        ),
        (tr("prediction type"), tr("which of them a model was trained to give; this view follows the model.")),
    ),
)
