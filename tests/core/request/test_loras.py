"""LoRAs in recipes: our own, and the text that other programs read."""

from __future__ import annotations

import pytest

from core.errors import InvalidRequest
from core.recipes.parameters import from_parameters, to_parameters
from core.recipes.recipe import ModelIdentity, Recipe
from core.request.json_codec import request_from_json, request_to_json
from core.request.request import GenerationRequest, Lora
from core.request.settings.loras import loras_from_json, loras_to_json, parse_lora

LORAS = (Lora("/models/loras/ink drawing.safetensors", 0.8, "0123456789ab"), Lora("snow", -0.5, "fedcba987654"))
NAMED = (Lora("ink drawing", 0.8, "0123456789ab"), Lora("snow", -0.5, "fedcba987654"))
REQUEST = GenerationRequest("a house", negative_prompt="fog", model="m", loras=LORAS, seed=1)


def test_our_recipe_gives_them_back_without_their_folders() -> None:
    assert request_from_json(request_to_json(REQUEST)).loras == NAMED


def test_the_parameters_text_is_that_of_automatic1111() -> None:
    text = to_parameters(Recipe(REQUEST, ModelIdentity("m", "m", "stable_diffusion", "0123456789")))
    assert text.split("\n")[0] == "a house <lora:ink drawing:0.8> <lora:snow:-0.5>"
    assert 'Lora hashes: "ink drawing: 0123456789ab, snow: fedcba987654"' in text
    read = from_parameters(text)
    assert read.request.prompt == "a house"
    assert read.request.loras == NAMED
    assert "Lora hashes" not in read.others


def test_tags_of_other_programs_are_read() -> None:
    read = from_parameters(
        "<lora:one:0.6:0.4>, a cat <lora:two>, <lora:broken:much>\nSteps: 20, Sampler: Euler, Seed: 1"
    )
    assert read.request.loras == (Lora("one", 0.4, text_weight=0.6), Lora("two", 1.0))
    assert read.request.prompt == ", a cat, <lora:broken:much>"


@pytest.mark.parametrize(
    ("arguments", "weight", "text_weight", "is_whole"),
    [
        ("0.6", 0.6, None, True),
        ("1.0", 1.0, None, True),
        ("0.6:0.4", 0.4, 0.6, True),
        ("0.5:0.5", 0.5, None, True),
        ("te=0.6:unet=0.4", 0.4, 0.6, True),
        ("te=0.6", 0.6, None, True),
        ("unet=0.4", 0.4, 1.0, True),
        ("0.6:lbw=OUTALL", 0.6, None, False),
        ("0.6:MIDD", 0.6, None, False),
        ("lbw=0,1,1", 1.0, None, False),
        ("9", 4.0, None, False),
    ],
)
def test_a_tag_has_a_weight_for_text_encoder_and_network_and_keeps_what_else_it_tells(
    arguments: str, weight: float, text_weight: float | None, is_whole: bool
) -> None:
    text = f"a cat <lora:ink:{arguments}>\nSteps: 20, Sampler: Euler, Seed: 1"
    for read in (from_parameters(text), from_parameters(to_parameters(from_parameters(text)))):
        assert read.request.loras == (Lora("ink", weight, text_weight=text_weight),)
        assert read.request.prompt == "a cat"
        assert read.others == ({} if is_whole else {"LoRA ink": arguments})
        assert loras_from_json(loras_to_json(read.request.loras)) == read.request.loras


@pytest.mark.parametrize(
    "value", [{}, [1], [{"name": 3, "weight": 1}], [{"name": "a", "weight": float("nan")}], [{"name": "a"}]]
)
def test_damaged_ones_are_told(value: object) -> None:
    with pytest.raises(ValueError, match="damaged"):
        loras_from_json(value)


def test_weights_from_outside_are_brought_into_their_range() -> None:
    assert loras_from_json([{"name": "../../a", "weight": 1e9}]) == (Lora("a", 4.0),)
    assert loras_from_json(loras_to_json(NAMED)) == NAMED


def test_the_command_line_names_a_lora_with_or_without_a_weight() -> None:
    assert parse_lora("ink:0.8") == Lora("ink", 0.8)
    assert parse_lora("ink:-.5") == Lora("ink", -0.5)
    assert parse_lora("ink") == Lora("ink", 1.0)
    with pytest.raises(InvalidRequest):
        parse_lora("")


def test_one_that_is_switched_off_stays_so_between_two_starts() -> None:
    off = Lora("snow", 0.5, is_on=False)
    assert loras_from_json(loras_to_json((off,))) == (off,)
