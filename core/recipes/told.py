"""Settings of a recipe in words: only those that it tells, and a sampler that is unknown here by its own name."""

from __future__ import annotations

from typing import Any

from core.language.words import tr
from core.recipes.recipe import Recipe
from core.request.setting import Setting

UNKNOWN_SAMPLER = "Sampler"
"""The key of `Recipe.others` for a sampler that this program does not have."""


def words_of(recipe: Recipe, setting: Setting[Any]) -> str:
    """Returns the value of a setting for people, "" where it has no part in the picture or is not told."""
    if unknown := _unknown(recipe, setting):
        return tr("{unknown} (not known here)", unknown=unknown)
    if setting.name in recipe.untold:
        return ""
    if setting.name == "model":
        return recipe.model.name or recipe.request.model
    value = setting.of(recipe.request)
    return setting.words(value) if setting.is_of_picture and setting.is_shown(value) else ""


def is_told(recipe: Recipe, setting: Setting[Any]) -> bool:
    """False where the request's value is not the picture's."""
    return setting.name not in recipe.untold and not _unknown(recipe, setting)


def can_be_used(recipe: Recipe, setting: Setting[Any]) -> bool:
    """False for what a draft cannot take over."""
    return setting.can_be_used and is_told(recipe, setting)


def facet_values(recipe: Recipe, setting: Setting[Any]) -> tuple[str, ...]:
    """Returns the values by which the gallery finds a picture; () for a setting that it does not filter by."""
    if setting.facet is None:
        return ()
    if unknown := _unknown(recipe, setting):
        return (unknown,)
    if setting.name in recipe.untold:
        return ()
    if setting.name == "model":
        return tuple(filter(None, (recipe.model.name or recipe.request.model,)))
    return setting.facet(setting.of(recipe.request))


def _unknown(recipe: Recipe, setting: Setting[Any]) -> str:
    return recipe.others.get(UNKNOWN_SAMPLER, "") if setting.name == "sampler" else ""
