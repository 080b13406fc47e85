"""The differences of two requests, in short."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.recipes.differences import changed_words, differences
from core.request.mask import Margins, Mask
from core.request.request import GenerationRequest, Size, Source

REQUEST = GenerationRequest("a red house by the sea", seed=7)


def texts(**changes: object) -> list[str]:
    changed = replace(REQUEST, **changes)  # pyright: ignore[reportArgumentType]
    return [str(difference) for difference in differences(REQUEST, changed)]


def test_equal_requests_do_not_differ() -> None:
    assert texts() == []


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        ("a red house by the sea", "a blue house by the sea", ("red", "blue")),
        ("a red house", "a red house in snow", ("", "in snow")),
        ("a red house in snow", "a red house", ("in snow", "")),
        ("a  red house ", "a red house", ("", "")),
        ("the the", "the the the", ("", "the")),
        ("", "one two three four five six seven", ("", "one two three four five six …")),
    ],
)
def test_of_prompts_the_words_that_differ_are_told(before: str, after: str, parts: tuple[str, str]) -> None:
    assert changed_words(before, after) == parts


def test_words_that_came_or_went_are_told_as_such() -> None:
    assert texts(prompt="a red house by the sea at night") == ["prompt + “at night”"]
    assert texts(prompt="a red house") == ["prompt − “by the sea”"]


def test_each_setting_is_told_in_the_words_of_the_controls() -> None:
    assert texts(guidance_scale=7.5, sampler="dpmpp_2m_karras", steps=30, seed=None, size=Size(64, 128)) == [
        "size 128 × 128 → 64 × 128",
        "sampler DDIM → DPM++ 2M Karras",
        "steps 20 → 30",
        "guidance scale 4 → 7.5",
        "seed 7 → random",
    ]


def test_a_mask_that_only_one_of_two_has_is_told_from_both_sides() -> None:
    masked = replace(REQUEST, source=Source("a.png", 1.0), mask=Mask("m.png", margins=Margins(right=64)))
    inside = replace(masked, mask=Mask("m.png"))
    assert [str(one) for one in differences(masked, REQUEST)][-1] == "mask m.png → none"
    assert [str(one) for one in differences(REQUEST, masked)][-1] == "mask none → m.png"
    assert [str(one) for one in differences(inside, masked)] == ["widened by none → 0,0,64,0"]


def test_of_models_and_sources_no_path_is_told() -> None:
    assert texts(model="/home/me/models/mine", source=Source("/home/me/house.png", 0.5)) == [
        "model starter-model → mine",
        "source none → house.png",
        "strength none → 0.5",
    ]
