"""Each picture draws its prompts by its seed before anything else reads them; its recipe has both."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.engine.engine import Engine
from core.errors import WildcardMissing
from core.models.catalogue import Catalogue
from core.prompt.drawing import draw
from core.recipes.parameters import from_parameters, to_parameters
from core.recipes.recipe import recipe_from_text, recipe_to_json
from core.runs.branch import Branch
from core.runs.events import ImageReady
from core.runs.operations import Generate, GenerateBranch
from tests import tiny, tiny_loras
from tests.core.engine.test_branching import REQUEST

TEMPLATE = replace(
    REQUEST, prompt="a {red|blue} __thing__", negative_prompt="{fog|(rain:1.2)}", variants=True, steps=2
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = tmp_path_factory.mktemp("drawn") / "models"
    tiny.stable_diffusion(models / "tiny-v")
    (models / "wildcards").mkdir()
    (models / "wildcards" / "thing.txt").write_text("house\n{boat|ship}\n", "utf-8")
    return models


@pytest.fixture
def engine(folder: Path) -> Engine:
    return Engine(Catalogue((folder,)), "cpu", "float32")


def pictures(engine: Engine, request: object) -> list[ImageReady]:
    events = engine.run(Generate(request))  # pyright: ignore[reportArgumentType]
    return [event for event in events if isinstance(event, ImageReady)]


def test_every_picture_draws_by_its_own_seed_and_tells_both(engine: Engine, folder: Path) -> None:
    values_of = Catalogue((folder,)).wildcards.values
    found = pictures(engine, replace(TEMPLATE, count=4, seed=2**64 - 2))
    for number, ready in enumerate(found):
        request = ready.image.recipe.request
        seed = (2**64 - 2 + number) % 2**64
        assert request.seed == seed
        assert request.prompt == draw(TEMPLATE.prompt, seed, values_of)
        assert request.negative_prompt == draw(TEMPLATE.negative_prompt, seed, values_of, "negative_prompt")
        assert (request.template, request.negative_template) == (TEMPLATE.prompt, TEMPLATE.negative_prompt)
        assert ready.film.request == request
    assert len({ready.image.request.prompt for ready in found}) > 1


def test_a_recipe_repeats_its_picture_and_is_the_plain_prompts(engine: Engine) -> None:
    (drawn,) = pictures(engine, TEMPLATE)
    recipe = drawn.image.recipe
    for read in (from_parameters(to_parameters(recipe)), recipe_from_text(json.dumps(recipe_to_json(recipe)))):
        request = replace(read.request, model="tiny-v")
        assert (request.template, request.negative_template) == (TEMPLATE.prompt, TEMPLATE.negative_prompt)
        (again,) = pictures(engine, request)
        assert np.array_equal(again.image.pixels, drawn.image.pixels)
    plain = replace(recipe.request, template="", negative_template="")
    (typed,) = pictures(engine, plain)
    assert np.array_equal(typed.image.pixels, drawn.image.pixels)


def test_what_was_drawn_is_not_drawn_again(engine: Engine) -> None:
    (first,) = pictures(engine, replace(TEMPLATE, prompt=r"{a|a} \{x|y\}"))
    assert first.image.request.prompt == "a {x|y}"
    (again,) = pictures(engine, first.image.request)
    assert again.image.request == first.image.request


def test_loras_in_variants_act_once_they_are_drawn(engine: Engine, folder: Path) -> None:
    (folder / "loras").mkdir()
    parts = tiny.unet(), tiny.text_encoder(600)
    tiny_loras.of_all_kinds(folder / "loras" / "ink.safetensors", *parts)
    found = pictures(engine, replace(TEMPLATE, prompt="a{ <lora:ink:0.5>|}", negative_prompt="", count=6))
    used = [[lora.name for lora in ready.image.request.loras] for ready in found]
    assert sorted({tuple(names) for names in used}) == [(), ("ink",)]
    assert {ready.image.request.prompt.strip() for ready in found} == {"a"}


def test_a_branch_with_another_prompt_has_no_template(engine: Engine) -> None:
    (whole,) = pictures(engine, TEMPLATE)
    for prompt, template in ((whole.film.request.prompt, TEMPLATE.prompt), ("x", "")):
        branch = Branch(whole.film, 1, replace(whole.film.request, prompt=prompt))
        *_, ready = engine.run(GenerateBranch(branch))
        assert isinstance(ready, ImageReady)
        assert (ready.image.request.prompt, ready.image.request.template) == (prompt, template)
        assert ready.image.request.negative_template == TEMPLATE.negative_prompt


def test_a_wildcard_that_is_not_there_is_told_before_anything_is_made(engine: Engine) -> None:
    with pytest.raises(WildcardMissing):
        pictures(engine, replace(TEMPLATE, prompt="__thinc__"))
