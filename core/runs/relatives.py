"""Close relatives of a picture: branches with fresh noise from the step at which its layout is settled."""

import numpy as np

from core.film.film import Film
from core.measures.settling import distances_to_last
from core.runs.branch import Branch

LAYOUT_DISTANCE = 0.4
"""The layout is settled once x0 stays nearer to its end than this, in standard deviations of the last x0.

With the starter model and all noise replaced, 0.6 turns a city into mountains and 0.25 moves a few edges; 0.4
keeps the objects and draws them anew (sigma 3 to 18, mean distance of the pixels 4 to 14 of 255), by DDIM as by
DPM++ 2M Karras, and as far again from each picture that was made so.
"""


def layout_call(film: Film) -> int:
    """Returns the first call of the step from which on the layout of a finished film stays, in its first pass."""
    film = film.pass_at(0)
    is_far = np.flatnonzero(distances_to_last([frame.denoised for frame in film.frames]) > LAYOUT_DISTANCE)
    steps = film.schedule.steps
    return steps.index(steps[int(is_far[-1]) + 1 if is_far.size else 0])


def relatives(film: Film, strength: float, seeds: range) -> tuple[Branch, ...]:
    """Returns a branch for each seed of the new noise; ``strength``: the part of the noise that is replaced."""
    call = layout_call(film)
    return tuple(Branch(film, call, film.request, fresh_noise=strength, noise_seed=seed) for seed in seeds)
