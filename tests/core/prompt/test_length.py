"""The length of prompts as the field shows it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.prompt.length import count_prompt
from core.prompt.tokens import TokenCounter
from tests.core.prompt.test_tokens import model_in, write_tokenizer


@pytest.fixture
def counter(tmp_path: Path) -> TokenCounter:
    write_tokenizer(tmp_path)
    return TokenCounter.for_model(model_in(tmp_path))


@pytest.mark.parametrize(
    ("prompt", "tokens"),
    [
        ("sea sea", 2),
        ("[sea:red sea:0.5] the", 3),
        ("sea sea sea AND red", 3),
        ("<lora:ink:0.8> sea <lora:ink:x>", 13),
        ("[" + "|".join("abcdefgh" * 20) + "]", 1),
    ],
)
def test_the_longest_text_counts(counter: TokenCounter, prompt: str, tokens: int) -> None:
    assert count_prompt(counter, prompt, "original").tokens == tokens


def test_places_are_those_of_the_whole_prompt(counter: TokenCounter) -> None:
    prompt = "<lora:ink:0.8> [sea:red:0.5] " + "sea " * 14
    (border,) = count_prompt(counter, prompt, "original").borders
    assert prompt[border:] == "sea "


def test_a_tag_in_a_negative_prompt_is_text(counter: TokenCounter) -> None:
    assert count_prompt(counter, "<lora:ink:1>", "original", is_negative=True).tokens > 5


def test_what_is_cut_begins_behind_the_tags(tmp_path: Path) -> None:
    write_tokenizer(tmp_path)
    counter = TokenCounter.for_model(replace(model_in(tmp_path), family="made_up"))
    prompt = "<lora:ink:0.8>" + "sea " * 14 + "house"
    count = count_prompt(counter, prompt, "original")
    assert (count.is_cut, prompt[count.read_characters :]) == (True, " house")
