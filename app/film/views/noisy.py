"""Noisy: the network's input at this step."""

from app.film.film_view import PaneView, ViewKind
from app.film.frame_context import FrameContext
from app.film.position import mixture
from app.widgets.pixels import to_image
from core.film_export.pictures import noisy_picture
from core.language.words import tr
from core.measures.noise_levels import signal_and_noise


class NoisyView(PaneView):
    """Shows x_t by the linear map, in variance-preserving scale, so that every step has the same contrast."""

    def show_moment(self, moment: FrameContext) -> None:
        frame = moment.frame
        alpha, noise = signal_and_noise(frame.sigma)
        self.pane.show_picture(
            to_image(moment.film.shown(noisy_picture(moment.film, frame))), mixture(frame.sigma)
        )
        words = tr("xₜ = {picture:.2f} × picture + {noise:.2f} × noise", picture=alpha, noise=noise)
        self.pane.setToolTip(words)


KIND = ViewKind(
    label=tr("Noisy"),
    make=NoisyView,
    about=tr(
        "What the network actually sees. It begins with pure random noise, drawn from the seed; every step "
        "takes a little noise away and puts a little of the estimated picture in its place. The line below "
        "says how much of each is in the mixture."
    ),
    terms=(
        ("xₜ", tr("the noisy latent at timestep t.")),
        (
            tr("latent"),
            tr("the small, compressed form of a picture that the model works on; the autoencoder decodes it."),
        ),
        (tr("seed"), tr("the number that the first noise is made from; the same seed gives the same start.")),
    ),
)
