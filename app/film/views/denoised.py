"""Denoised: the network's prediction of the finished picture at this step."""

from app.film.film_view import PaneView, ViewKind
from app.film.frame_context import FrameContext
from app.widgets.pixels import to_image
from core.film_export.pictures import denoised_picture
from core.language.words import tr


class DenoisedView(PaneView):
    """Shows x0 by the full autoencoder, and by the linear map until that has finished."""

    def show_moment(self, moment: FrameContext) -> None:
        if moment.decoded is not None:
            self.pane.show_picture(to_image(moment.decoded), tr("decoded by the autoencoder"))
        else:
            picture = denoised_picture(moment.film, moment.frame)
            self.pane.show_picture(to_image(moment.film.shown(picture)), tr("rough preview"))


KIND = ViewKind(
    label=tr("Denoised"),
    make=DenoisedView,
    about=tr(
        "If the model had to stop now and say what picture is hidden in the noise, it would be this one. "
        "Early answers are soft, because many pictures are still possible and the model shows their average; "
        "with every step it commits itself to more detail."
    ),
    terms=(
        ("x₀", tr("the model's estimate of the finished picture, made anew at every step.")),
        (tr("rough preview"), tr("colours read straight from the latent; stay for the autoencoder's picture.")),
    ),
)
