"""Guidance: the prompt's effect at this step, and its place."""

import numpy as np

from app.film.film_view import PanesView, Table, ViewKind
from app.film.frame_context import FrameContext
from app.widgets.pixels import to_image
from core.film_export.pictures import denoised_by, guidance_picture
from core.language.words import tr
from core.measures.guidance_map import guidance_map

_OFF = tr("Guidance was off at this step (guidance scale 1 or less): there is only one prediction to look at.")


class GuidanceView(PanesView):
    """Shows the prediction with the prompt, without it, and the strength of the difference."""

    def __init__(self) -> None:
        super().__init__(3, _OFF)

    def show_moment(self, moment: FrameContext) -> None:
        film, frame = moment.film, moment.frame
        self.show_panes(is_shown=frame.cond is not None and frame.uncond is not None)
        if frame.cond is None or frame.uncond is None:
            return
        strengths = guidance_map(frame.cond, frame.uncond)
        strongest = float(strengths.max())
        with_prompt, without, over = self.panes
        for pane, half, words in (
            (with_prompt, frame.cond, tr("with the prompt")),
            (
                without,
                frame.uncond,
                tr("without it") if not film.request.negative_prompt else tr("negative prompt"),
            ),
        ):
            pane.show_picture(to_image(film.latent_rgb.picture(denoised_by(film, frame, half))), words)
        over.show_picture(
            to_image(guidance_picture(film, frame)),
            tr("difference (≤ {strongest:.2g})", strongest=strongest),
        )

    def table(self, moment: FrameContext) -> Table | None:
        cond, uncond = moment.frame.cond, moment.frame.uncond
        if cond is None or uncond is None:
            return None
        strengths = guidance_map(cond, uncond)
        rows = [(y, x, float(strengths[y, x])) for y, x in np.ndindex(*strengths.shape)]
        return Table(("row", "column", "norm of cond - uncond"), rows)


KIND = ViewKind(
    label=tr("Guidance"),
    make=GuidanceView,
    about=tr(
        "At every step the network guesses twice: once with your prompt, and once without it, or with the "
        "negative prompt. The difference is what your words want to change. The map is bright where they pull "
        "hardest at this step. The guidance scale multiplies this pull."
    ),
    terms=(
        (tr("guidance scale g"), tr("result = without + g × (with − without). At 1 there is no extra pull.")),
        (tr("with, without"), tr("the two guesses; in other programs: cond and uncond.")),
        (tr("brightness"), tr("how much the two differ at this place, over all channels of the latent.")),
    ),
)
