"""Parts of prompts that are not read as they were meant."""

import pytest

from core.prompt.unread import unread


@pytest.mark.parametrize(
    ("prompt", "quoted"),
    [
        ("a (red house:1.3) by the sea", "(red house:1.3)"),
        ("a ((red)) house", "((red))"),
        ("a [red] house", "[red]"),
        ("a [red|blue] house", "[red|blue]"),
        ("a [red:blue:0.5] house", "[red:blue:0.5]"),
        ("a house BREAK the sea", "BREAK"),
        ("a house <lora:ink:0.8>", "<lora:ink:0.8>"),
        ("a house, embedding:soft", "embedding:soft"),
        ("a __colour__ house", "__colour__"),
        ("a {red|blue} house", "{red|blue}"),
    ],
)
def test_other_programs_syntax_is_named(prompt: str, quoted: str) -> None:
    (note,) = unread("prompt", prompt, None)
    assert f"“{quoted}”" in note
    assert "plain words" in note


@pytest.mark.parametrize("prompt", ["", "a red house (by the sea), at 12:30", "café: two, <3", "a_b __ c"])
def test_plain_words_are_not(prompt: str) -> None:
    assert not [*unread("prompt", prompt, None)]
