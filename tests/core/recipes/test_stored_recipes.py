"""Recipes that an earlier version wrote are read, and written again byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.recipes.parameters import from_parameters, to_parameters
from core.recipes.recipe import recipe_from_text, recipe_to_json

STORED = json.loads((Path(__file__).parent / "stored_recipes.json").read_text("utf-8"))
"""Written by commit d139c91, before settings had a table."""


@pytest.mark.parametrize("stored", STORED["written"], ids=lambda stored: stored["parameters"][-60:])
def test_a_stored_recipe_is_written_as_before(stored: dict[str, str]) -> None:
    recipe = recipe_from_text(stored["recipe"])
    assert json.dumps(recipe_to_json(recipe), ensure_ascii=False) == stored["recipe"]
    assert to_parameters(recipe) == stored["parameters"]


@pytest.mark.parametrize("stored", STORED["written"] + STORED["foreign"], ids=lambda stored: stored["read"][-60:])
def test_a_parameters_text_is_read_as_before(stored: dict[str, str]) -> None:
    recipe = from_parameters(stored["parameters"])
    assert json.dumps(recipe_to_json(recipe), ensure_ascii=False) == stored["read"]
