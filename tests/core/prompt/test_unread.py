"""Parts of prompts that are not read as they were meant."""

import pytest

from core.families import FAMILIES
from core.prompt.unread import plain_words, unread


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
        ("a (red house, by the\nsea: .5)", "(red house, by the sea: .5)"),
        ("a (red (brick) house:1.2)", "(red (brick) house:1.2)"),
        ("a [blue::0.4] house", "[blue::0.4]"),
        ("a red house++", "house++"),
        ("a (red house)1.3", "(red house)1.3"),
        ("a {red} house", "{red}"),
        ("1.5::red house::, sea", "1.5::red house::"),
        ("saber \\(fate\\)", "\\("),
        ("a <LORA:ink:1> house", "<LORA:ink:1>"),
        ("a <random:red,blue> house", "<random:red,blue>"),
        ("a <cat-toy> house", "<cat-toy>"),
        ("fog, EasyNegative", "EasyNegative"),
    ],
)
def test_other_programs_syntax_is_named(prompt: str, quoted: str) -> None:
    (note,) = unread("prompt", prompt, "stable_diffusion", None)
    assert f"“{quoted}”" in note
    assert "plain words" in note


@pytest.mark.parametrize(
    "prompt",
    ["", "a red house (by the sea), at 12:30", "café: two, <3", "a_b __ c", "<b>bold</b> C++ and 1:2 or 3::4"],
)
def test_plain_words_are_not(prompt: str) -> None:
    assert not plain_words(prompt, "stable_diffusion")


def test_one_example_of_each_kind_is_named_in_one_sentence() -> None:
    (note,) = unread("prompt", "(red:1.3), ((blue)), a house BREAK <lora:ink:0.8>", "stable_diffusion", None)
    assert note.endswith("“<lora:ink:0.8>” (LoRA), “(red:1.3)” (weight), “BREAK” (break)")


@pytest.mark.parametrize("family", FAMILIES)
def test_brackets_are_ordinary_text_for_language_models_only(family: str) -> None:
    is_conversation = FAMILIES[family].tokenizer.frame is not None
    for prompt in ("a [red] house", "{red: (brick:2)}", "a house AND the sea"):
        assert bool(plain_words(prompt, family)) is not is_conversation
    assert plain_words("a <lora:ink:0.8> house", family)


@pytest.mark.parametrize("piece", ["(", "(a", "[a", "{a", "1::", "<a[", "\\(", "a+"])
def test_a_text_of_nothing_but_openings_is_plain(piece: str) -> None:
    assert len(plain_words(piece * 7000, "stable_diffusion")) < 200
