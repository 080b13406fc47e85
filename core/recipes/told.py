"""Settings of a recipe in words; a recipe tells more than its request, such as a sampler that is unknown here."""

from __future__ import annotations

from typing import Any

from core.recipes.recipe import Recipe
from core.request.setting import Setting

UNKNOWN_SAMPLER = "Sampler"
"""The key of `Recipe.others` for a sampler that this program does not have."""


def words_of(recipe: Recipe, setting: Setting[Any]) -> str:
    """Returns the value of a setting for people, "" where it has no part in the picture."""
    if setting.name == "model":
        return recipe.model.name or recipe.request.model
    if unknown := _unknown(recipe, setting):
        return f"{unknown} (not known here)"
    value = setting.of(recipe.request)
    return setting.words(value) if setting.is_of_picture and setting.is_shown(value) else ""


def can_be_used(recipe: Recipe, setting: Setting[Any]) -> bool:
    """False for what a draft cannot take over."""
    return setting.can_be_used and not _unknown(recipe, setting)


def facet_values(recipe: Recipe, setting: Setting[Any]) -> tuple[str, ...]:
    """Returns the values by which the gallery finds a picture; () for a setting that it does not filter by."""
    if setting.facet is None:
        return ()
    if setting.name == "model":
        return (recipe.model.name or recipe.request.model,)
    unknown = _unknown(recipe, setting)
    return (unknown,) if unknown else setting.facet(setting.of(recipe.request))


def _unknown(recipe: Recipe, setting: Setting[Any]) -> str:
    return recipe.others.get(UNKNOWN_SAMPLER, "") if setting.name == "sampler" else ""
