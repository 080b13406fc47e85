"""Weights and open brackets, as a field marks them."""

from __future__ import annotations

import pytest

from core.prompt.marked import syntax_of


@pytest.mark.parametrize(
    ("prompt", "weights", "unclosed"),
    [
        ("a red house", (), ()),
        ("a (red:1.5) house", ((3, 6, 1.5),), ()),
        (r"a (\(r\):2)", ((4, 6, 2.0), (7, 8, 2.0)), ()),
        ("a (red house", ((3, 12, 1.1),), (2,)),
        ("[cat:dog:0.5] (sea", ((15, 18, 1.1),), (14,)),
        ("[(cat:2)|dog]", ((2, 5, 2.0),), ()),
        ("<lora:ink:0.8> (🏠:2)", ((16, 17, 2.0),), ()),
        ("a BREAK b", (), ()),
        ("a :2 AND (b:3)", ((10, 11, 3.0),), ()),
    ],
)
def test_weights_and_open_brackets_are_found(
    prompt: str, weights: tuple[tuple[int, int, float], ...], unclosed: tuple[int, ...]
) -> None:
    found = syntax_of(prompt)
    assert (found.weights, found.unclosed) == (weights, unclosed)


def test_the_parts_of_a_negative_prompt_are_one_text() -> None:
    assert syntax_of("(fog AND rain:2) <lora:(x:1>", is_negative=True).weights[0] == (1, 13, 2.0)
    assert syntax_of("(fog AND rain:2)").unclosed == (0,)
