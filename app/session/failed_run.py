"""The remains of a run that failed: near its end they are a picture worth keeping."""

from app.messages.errors import Message
from app.messages.stored import FAILED
from core.film.film import Film
from core.language.words import english
from core.recipes.recipe import Recipe
from core.runs.operations import RenderFrame

KEPT_FROM = 3 / 4
"""Of the steps; what a run has before that is still far from a picture."""


def picture_of_failure(film: Film, problem: Message) -> RenderFrame | None:
    """Returns the work that saves the picture after the last good step, with a note in its recipe."""
    last, request = film.frames[-1], film.request
    first = film.first_call_at(last.call)
    if last.step + 1 < KEPT_FROM * (request.all_steps if first else request.steps):
        if not first:
            return None
        last = film.frames[first - 1]  # of two passes, what the first one has made
    return RenderFrame(film, last, "denoised", f"{FAILED}{english(problem.title)}.")


def is_of_failure(recipe: Recipe) -> bool:
    """Returns whether a picture was saved by `picture_of_failure`."""
    return recipe.note.startswith(FAILED)
