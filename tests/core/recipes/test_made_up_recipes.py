"""Every told setting of every format survives reading, writing and reading again, and none is invented."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from core.recipes.other_programs import read_other
from core.recipes.parameters import from_parameters, to_parameters
from core.recipes.recipe import Recipe, recipe_from_text, recipe_to_json
from tests.core.recipes.made_up import ALWAYS_TOLD, FORMATS, Fields, fields

SETTINGS = ("prompt", "negative_prompt", "model", "sampler", "steps", "guidance_scale", "seed", "size")
RECIPES = 640


def read(texts: dict[str, str]) -> Recipe:
    if "parameters" in texts and not texts["parameters"].startswith("{"):
        return from_parameters(texts["parameters"])
    recipe = read_other(texts)
    assert recipe is not None
    return recipe


def told(recipe: Recipe) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(recipe.request, name) for name in SETTINGS} | {
        "model": recipe.model.name
    }
    values["size"] = (values["size"].width, values["size"].height)
    return {name: value for name, value in values.items() if name not in recipe.untold}


def expected(name: str, chosen: Fields) -> Fields:
    return dict.fromkeys(ALWAYS_TOLD.get(name, ()), "") | chosen


@pytest.mark.parametrize("name", FORMATS)
def test_told_settings_survive_and_none_is_invented(name: str) -> None:
    dice = random.Random(name)
    for _ in range(RECIPES // len(FORMATS)):
        chosen = fields(dice)
        recipe = read(FORMATS[name](chosen))
        assert told(recipe) == expected(name, chosen)
        assert recipe_from_text(json.dumps(recipe_to_json(recipe))) == recipe
        again = from_parameters(to_parameters(recipe))
        assert told(again) == told(recipe)
        assert again.others == recipe.others
        assert again.program == recipe.program
        file_name = replace(again.request, model=recipe.request.model)  # the text has no ending of it
        assert file_name == recipe.request
