from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.recipes.recipe import FORMAT, Origin, Parent, recipe_from_text, recipe_to_json, signed
from core.request.json_codec import request_from_json, request_to_json
from core.request.json_values import plain_name
from core.request.request import GenerationRequest, Size, Source
from tests.pictures import generated_image

CREATED = datetime(2026, 11, 21, 14, 25, 30, tzinfo=UTC)


def recipe_json(**changes: Any) -> dict[str, Any]:
    return {**recipe_to_json(signed(generated_image().recipe, CREATED)), **changes}


def request_json(**changes: Any) -> str:
    content = recipe_json()
    content["request"] |= changes
    return json.dumps(content)


def test_everything_about_a_picture_comes_back() -> None:
    image = generated_image(
        "é 海 😀 \0 \udcff", "denoised", 12, seed=2**64 - 1, guidance_scale=7.123456789, sampler="lcm"
    )
    recipe = recipe_from_text(json.dumps(recipe_to_json(signed(image.recipe, CREATED))))
    assert recipe == signed(image.recipe, CREATED)
    assert recipe.request == image.request
    assert recipe.created == CREATED
    assert recipe.versions["torch"].startswith("2.")


def test_the_batch_and_the_picture_that_was_enlarged_come_back_as_a_name() -> None:
    enlarged = replace(generated_image().recipe, batch="b1", enlarged_from=Origin("house.png", "ab" * 32))
    recipe = recipe_from_text(json.dumps(recipe_to_json(signed(enlarged, CREATED))))
    assert (recipe.batch, recipe.enlarged_from) == ("b1", enlarged.enlarged_from)
    hostile = {**recipe_to_json(enlarged), "enlarged_from": {"name": "/etc/passwd", "sha256": ""}}
    assert recipe_from_text(json.dumps(hostile)).enlarged_from == Origin("passwd", "")


def test_the_run_a_picture_branched_from_comes_back() -> None:
    branched = replace(generated_image().recipe, run="b2", parent=Parent("a1", 12, "prompt"))
    recipe = recipe_from_text(json.dumps(recipe_to_json(signed(branched, CREATED))))
    assert (recipe.run, recipe.parent) == ("b2", Parent("a1", 12, "prompt"))


def test_keys_of_later_versions_are_left_alone() -> None:
    content = recipe_json(loras=[{"name": "x"}], source={"strength": 1})
    content["request"]["strength"] = 0.5
    assert recipe_from_text(json.dumps(content)).request == generated_image().request


def test_a_newer_format_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match=f"format {FORMAT + 1} of a newer Emulsion"):
        recipe_from_text(json.dumps(recipe_json(format=FORMAT + 1)))


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"steps": 10**9}, "steps", 500),
        ({"steps": -1}, "steps", 1),
        ({"seed": -5}, "seed", 0),
        ({"seed": None}, "seed", None),
        ({"guidance_scale": 1e300}, "guidance_scale", 30.0),
        ({"guidance_scale": float("inf")}, "guidance_scale", 30.0),
        ({"guidance_scale": 10**400}, "guidance_scale", 30.0),
        ({"width": 10**12}, "size", Size(65536, 24)),
        ({"count": 10**6}, "count", 1000),
        ({"model": "../../etc/passwd"}, "model", "passwd"),
        ({"model": "\\\\server\\share\\model"}, "model", "model"),
        ({"model": "/home/somebody/.."}, "model", "somebody"),
    ],
)
def test_values_from_outside_are_brought_into_bounds(changes: dict[str, Any], field: str, value: object) -> None:
    assert getattr(recipe_from_text(request_json(**changes)).request, field) == value


def test_an_unknown_sampler_is_told_apart() -> None:
    recipe = recipe_from_text(request_json(sampler="sampler of tomorrow"))
    assert recipe.request.sampler == GenerationRequest("").sampler
    assert recipe.others["Sampler"] == "sampler of tomorrow"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        '{"format": ' + "9" * 5_000 + "}",
        json.dumps(recipe_json(format="1")),
        json.dumps(recipe_json(request=[])),
        json.dumps(recipe_json(model=None)),
        json.dumps(recipe_json(parent={"step": 3})),
        request_json(steps="20"),
        request_json(steps=True),
        request_json(prompt=None),
        request_json(guidance_scale=float("nan")),
        request_json(guidance_scale="7"),
    ],
)
def test_damaged_recipes_are_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="its recipe is damaged"):
        recipe_from_text(text)


@pytest.mark.parametrize("created", [None, "yesterday", 5, "0001-01-01T00:00:00+23:59"])
def test_a_bad_time_costs_only_the_time(created: object) -> None:
    assert recipe_from_text(json.dumps(recipe_json(created=created))).created is None


def test_a_draft_keeps_what_a_recipe_would_not() -> None:
    draft = GenerationRequest("a house", model="/home/me/models/mine", seed=None, count=4)
    assert request_from_json(request_to_json(draft)) == draft


def test_missing_fields_of_a_draft_get_their_defaults() -> None:
    assert request_from_json({"prompt": "a house"}) == GenerationRequest("a house")


@pytest.mark.parametrize(
    ("model", "name"), [("starter-model", "starter-model"), ("/a/b/", "b"), ("..", ""), ("", "")]
)
def test_plain_names_have_no_path(model: str, name: str) -> None:
    assert plain_name(model) == name


def test_a_source_picture_is_told_by_name_and_hash_but_not_by_its_place() -> None:
    image = generated_image(source=Source("/home/somebody/photos/me.jpg", 0.6, "0123456789abcdef" * 4))
    text = json.dumps(recipe_to_json(signed(image.recipe, CREATED)))
    assert "somebody" not in text
    assert recipe_from_text(text).request.source == Source("me.jpg", 0.6, "0123456789abcdef" * 4)


def test_a_hostile_source_stays_a_name() -> None:
    source = {"name": "..\\..\\/etc/passwd", "sha256": "", "strength": 7}
    assert recipe_from_text(request_json(source=source)).request.source == Source("passwd", 1.0)


@pytest.mark.parametrize(
    "source",
    [
        "photo.jpg",
        {"name": "a"},
        {"name": 5, "strength": 0.5},
        {"name": "a", "strength": "0.5"},
        {"name": "a", "strength": 0.5, "sha256": "xyz"},
        {"name": "a", "strength": 0.5, "sha256": "0" * 65},
    ],
)
def test_a_damaged_source_is_no_silent_text_to_image(source: object) -> None:
    with pytest.raises(ValueError, match="damaged"):
        recipe_from_text(request_json(source=source))
