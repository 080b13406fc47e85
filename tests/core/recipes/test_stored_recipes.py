"""Recipes that an earlier version wrote are read, and written again byte for byte, apart from what was wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.recipes.parameters import from_parameters, to_parameters
from core.recipes.recipe import recipe_from_text, recipe_to_json

STORED = json.loads((Path(__file__).parent / "stored_recipes.json").read_text("utf-8"))
"""Written by commit d139c91, before settings had a table."""
MENDED = {"Schedule type: Automatic": "Schedule type: Uniform", "Seed: None, ": ""}
"""*Automatic* is Karras for some samplers in other programs, and no seed is no seed."""


@pytest.mark.parametrize("stored", STORED["written"], ids=lambda stored: stored["parameters"][-60:])
def test_a_stored_recipe_is_written_as_before(stored: dict[str, str]) -> None:
    recipe = recipe_from_text(stored["recipe"])
    assert json.dumps(recipe_to_json(recipe), ensure_ascii=False) == stored["recipe"]
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
    assert json.dumps(recipe_to_json(recipe), ensure_ascii=False) == stored["read"]
