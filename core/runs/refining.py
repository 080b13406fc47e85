"""The refinement of finished pictures: how it is asked for, and the settings that each picture gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from core.errors import InvalidRequest, OutOfMemory
from core.language.words import tr
from core.models.memory_plan import computer_memory
from core.models.model import Model
from core.recipes.recipe import Recipe
from core.recipes.refinement import LARGEST_SIDE, Refinement
from core.request.numbering import seeded
from core.request.request import GenerationRequest, Size

BYTES_PER_PIXEL = 32
"""Of the whole picture beside the model: its pixels before and after, and a dozen latents of 16 channels."""

_OF_MODEL = (
    *("model", "sampler", "steps", "guidance_scale", "loras", "autoencoder", "weight_bits", "clip_skip"),
    *("embeddings", "training", "skip_layers", "controls"),
)
_OF_PICTURE = (
    ("prompt", "variants", "template"),
    ("negative_prompt", "negative_template"),
    ("emphasis",),
    ("seed",),
)
"""Each follows the first of its group."""


@dataclass(frozen=True, slots=True)
class Refining:
    """A refinement as it is asked for, of one picture or many.

    Attributes:
        settings: model, sampler and so on for pictures that do not tell their own; prompts and seed are still each
            picture's where it tells them. None where there are no others.
        is_own: each picture's own settings come first, as far as it tells its model.
        prompt, seed: for all pictures, in the place of their own.
    """

    how: Refinement
    settings: GenerationRequest | None = None
    is_own: bool = True
    prompt: str | None = None
    seed: int | None = None


def refining_request(recipe: Recipe, refining: Refining) -> GenerationRequest:
    """Returns the settings of the tiles but for their size, with a seed. Raises InvalidRequest."""
    own, settings = recipe.request, refining.settings
    if refining.is_own and own.model and "model" not in recipe.untold:
        settings = None
    elif settings is None:
        raise InvalidRequest("model", "", tr("the name of a model, which this picture does not tell"))
    base = replace(GenerationRequest(""), **_values(own if settings is None else settings, _OF_MODEL))
    for names in _OF_PICTURE:
        source = own if settings is None or names[0] not in recipe.untold else settings
        base = replace(base, **_values(source, names))
    if refining.prompt is not None:
        base = replace(base, prompt=refining.prompt, variants=False, template="")
    if refining.seed is not None:
        base = replace(base, seed=refining.seed)
    return seeded(base)


def refined_recipe(recipe: Recipe, request: GenerationRequest, how: Refinement) -> Recipe:
    """Returns the recipe of a picture that was refined with the settings of ``request``."""
    names = (*_OF_MODEL, *chain.from_iterable(_OF_PICTURE))
    told = tr("Refined before: {words}.", words=recipe.refined.words) if recipe.refined is not None else ""
    others = {key: text for key, text in recipe.others.items() if key != "Sampler"}  # of one that is unknown here
    return replace(
        recipe,
        request=replace(recipe.request, **_values(request, names)),
        refined=how,
        note=" ".join(filter(None, (recipe.note, told))),
        untold=recipe.untold - {*names},
        others=others,
    )


def check_refining(request: GenerationRequest, size: Size, how: Refinement) -> None:
    """Raises InvalidRequest, or OutOfMemory for a picture that the computer's memory does not hold."""
    if not 0 < how.strength <= 1:
        raise InvalidRequest("refine", how.strength, tr("a number above 0 and at most 1"))
    if skipped_steps(request, how) >= request.steps:
        allowed = tr(
            "at least {least:g}: of {steps} steps one must remain", least=1 / request.steps, steps=request.steps
        )
        raise InvalidRequest("refine", how.strength, allowed)
    if max(size.width, size.height) > LARGEST_SIDE:
        allowed = tr("{largest} pixels at most for the longer side of a picture to refine", largest=LARGEST_SIDE)
        raise InvalidRequest("refining", str(size), allowed)
    needed, memory = memory_of_whole(size), computer_memory()
    if needed > memory.free:
        raise OutOfMemory("cpu", needed, memory.free)


def skipped_steps(request: GenerationRequest, how: Refinement) -> int:
    """Returns how many of the request's steps are left out, as image to image does."""
    return request.steps - int(request.steps * how.strength)


def memory_of_whole(size: Size) -> int:
    """Returns about how many bytes of the computer's memory a picture takes while it is refined."""
    return size.width * size.height * BYTES_PER_PIXEL


def tile_side(model: Model, side: int) -> int:
    """Returns the side of a model's tiles in pixels; 0 is the size that the model was trained in.

    Raises InvalidRequest for one that the model cannot make.
    """
    limits = model.limits
    side = side or max(model.defaults.size.width, model.defaults.size.height)
    snapped = limits.snap(side)
    if abs(snapped - side) >= limits.size_step:
        allowed = tr(
            "{least} to {most} pixels for this model", least=limits.snap(0), most=limits.snap(LARGEST_SIDE)
        )
        raise InvalidRequest("tile", side, allowed)
    return snapped


def tile_size(model: Model, side: int, whole: Size) -> Size:
    """Returns the size of the tiles of a picture, no larger than the picture."""
    full = padded_size(model, whole)
    return Size(min(side, full.width), min(side, full.height))


def padded_size(model: Model, whole: Size) -> Size:
    """Returns the size that a picture is filled up to, so that the model can take it."""
    least = model.limits.snap(0)
    return Size(max(whole.width, least), max(whole.height, least)).rounded_up(model.limits.size_step)


def _values(request: GenerationRequest, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(request, name) for name in names}
