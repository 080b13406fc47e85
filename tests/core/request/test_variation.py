"""A second seed with a strength: read, written and counted as AUTOMATIC1111 does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.errors import InvalidRequest
from core.recipes.parameters import from_parameters
from core.request.json_codec import request_from_json, request_to_json
from core.request.numbering import numbered, seeded
from core.request.request import LARGEST_SEED, GenerationRequest, Limits, Size, Variation
from core.request.settings import validate
from core.request.settings.variation import VARIATION

HEAD = "a house\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 512x512"


@pytest.mark.parametrize(
    ("entries", "variation", "left"),
    [
        ("Variation seed: 5, Variation seed strength: 0.2", Variation(0.2, 5), set()),
        ("Variation seed: 5, Variation seed strength: 0", None, set()),
        (
            "Variation seed: 5, Variation seed strength: 0.2, Seed resize from: 512x768",
            Variation(0.2, 5, Size(512, 768)),
            set(),
        ),
        ("Seed resize from: 512x768", Variation(size=Size(512, 768)), set()),
        ("Seed resize from: -1x-1", None, {"Seed resize from"}),
        ("Variation seed strength: 0.2", None, {"Variation seed strength"}),
        ("Variation seed: 5, Variation seed strength: 7", None, {"Variation seed", "Variation seed strength"}),
        ("Variation seed: -1, Variation seed strength: nan", None, {"Variation seed", "Variation seed strength"}),
    ],
)
def test_recipes_of_other_programs(entries: str, variation: Variation | None, left: set[str]) -> None:
    recipe = from_parameters(f"{HEAD}, {entries}")
    assert recipe.request.variation == variation
    assert left <= recipe.others.keys()


@pytest.mark.parametrize(
    "value",
    [
        {"strength": "0.5"},
        {"strength": 0.5, "seed": "1"},
        {"strength": float("nan")},
        [0.5],
        "0.5",
        {"seed": True},
    ],
)
def test_damaged_json_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="damaged"):
        request_from_json(request_to_json(GenerationRequest("a")) | {"variation": value})


@pytest.mark.parametrize(
    "variation",
    [
        Variation(-0.1, 1),
        Variation(1.1, 1),
        Variation(float("nan"), 1),
        Variation(0.5, -1),
        Variation(0.5, LARGEST_SEED + 1),
        Variation(size=Size(8, 64)),
        Variation(size=Size(64, 99_999)),
    ],
)
def test_values_out_of_range_are_refused(variation: Variation) -> None:
    with pytest.raises(InvalidRequest):
        validate(GenerationRequest("a", seed=1, variation=variation), Limits())


def test_the_second_seed_counts_up_and_the_first_one_stays() -> None:
    request = seeded(GenerationRequest("a", variation=Variation(0.5)))
    assert request.seed is not None
    assert request.variation is not None
    assert request.variation.seed is not None
    third = numbered(request, 2)
    assert third.seed == request.seed
    assert third.variation == replace(request.variation, seed=request.variation.seed + 2)


def test_without_a_strength_the_seed_counts_up() -> None:
    request = GenerationRequest("a", seed=LARGEST_SEED, variation=Variation(size=Size(64, 64)))
    assert seeded(request) == request
    assert numbered(request, 1) == replace(request, seed=0)


def test_options_in_any_useful_order() -> None:
    strength, seed, size = VARIATION.options
    assert seed.read("7", strength.read("0.5", None)) == Variation(0.5, 7)
    assert strength.read("0", size.read("512x512", None)) == Variation(0.0, None, Size(512, 512))
    assert strength.read("0", None) is None
    with pytest.raises(InvalidRequest, match="--variation"):
        seed.read("7", None)
    with pytest.raises(InvalidRequest, match="WIDTHxHEIGHT"):
        size.read("big", None)
