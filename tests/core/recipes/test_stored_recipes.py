"""Recipes that an earlier version wrote are read, and written again byte for byte, apart from what was wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.recipes.parameters import from_parameters, to_parameters
from core.recipes.recipe import Recipe, recipe_from_text, recipe_to_json
from core.request.settings.emphasis import LANGUAGE_KEY, PLAIN, has_language
from tests.pictures import generated_image

STORED = json.loads((Path(__file__).parent / "stored_recipes.json").read_text("utf-8"))
"""Written by commit d139c91, before settings had a table."""
MENDED = {"Schedule type: Automatic": "Schedule type: Uniform", "Seed: None, ": ""}
"""*Automatic* is Karras for some samplers in other programs, and no seed is no seed."""


@pytest.mark.parametrize("stored", STORED["written"], ids=lambda stored: stored["parameters"][-60:])
def test_a_stored_recipe_is_written_as_before(stored: dict[str, str]) -> None:
    recipe = recipe_from_text(stored["recipe"])
    is_plain = recipe.request.emphasis == PLAIN
    assert is_plain is has_language(replace(recipe.request, emphasis="original"))
    recipe = replace(recipe, request=replace(recipe.request, emphasis="original"))
    assert written(recipe) == stored["recipe"]
    parameters = stored["parameters"]
    for wrong, right in MENDED.items():
        parameters = parameters.replace(wrong, right)
    if recipe.others:  # they were left out
        assert from_parameters(to_parameters(recipe)).others == recipe.others
    else:
        assert to_parameters(recipe) == parameters


@pytest.mark.parametrize("stored", STORED["written"] + STORED["foreign"], ids=lambda stored: stored["read"][-60:])
def test_a_parameters_text_is_read_as_before(stored: dict[str, str]) -> None:
    recipe = from_parameters(stored["parameters"])
    assert written(recipe) == stored["read"]


def written(recipe: Recipe) -> str:
    """Returns the JSON of a recipe, without what tells that its prompts have a language now."""
    content = {key: value for key, value in recipe_to_json(recipe).items() if key != LANGUAGE_KEY}
    return json.dumps(content, ensure_ascii=False)


def test_a_prompt_from_before_languages_stays_text_and_one_of_today_keeps_its_weights() -> None:
    image = generated_image("a ((red)) house", seed=3).recipe
    content = recipe_to_json(image)
    assert recipe_from_text(json.dumps(content)).request.emphasis == "original"
    del content[LANGUAGE_KEY]
    old = recipe_from_text(json.dumps(content))
    assert old.request.emphasis == PLAIN
    assert recipe_from_text(json.dumps(recipe_to_json(old))).request == old.request
    assert LANGUAGE_KEY not in recipe_to_json(generated_image("a red house").recipe)
