"""Parts of prompts that are not read as they were meant."""

import pytest

from core.families import FAMILIES
from core.prompt.unread import plain_words, unread, weighs_otherwise
from core.request.request import GenerationRequest


@pytest.mark.parametrize(
    ("prompt", "quoted"),
    [
        ("a house <lora:ink:much>", "<lora:ink:much>"),
        ("a house, embedding:soft", "embedding:soft"),
        ("a __colour__ house", "__colour__"),
        ("a {red|blue} house", "{red|blue}"),
        ("a red house++", "house++"),
        ("a (red house)1.3", "(red house)1.3"),
        ("a {red} house", "{red}"),
        ("1.5::red house::, sea", "1.5::red house::"),
        ("a <hypernet:ink:1> house", "<hypernet:ink:1>"),
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


WEIGHTS = [
    "a (red house:1.3) by the sea",
    "a ((red)) house",
    "a [red] house",
    "a [red|blue] house",
    "a [red:blue:0.5] house",
    "a [blue::0.4] house",
    "a house BREAK the sea",
    "a house AND the sea",
    "saber \\(fate\\)",
    "a (red (brick) house:1.2)",
]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("prompt", WEIGHTS)
def test_weights_act_or_are_told_to_be_text_in_one_line(prompt: str, family: str) -> None:
    notes = list(unread("prompt", prompt, family, None))
    if FAMILIES[family].has_weights:
        assert not notes
    else:
        (note,) = notes
        assert note.startswith(f"{FAMILIES[family].name} reads brackets as text")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_tag_of_a_lora_acts_in_the_prompt_alone(family: str) -> None:
    assert not list(unread("prompt", "a house <lora:ink:0.8> <lyco:one:1:0.5>", family, None))
    (note,) = unread("negative prompt", "fog <lora:ink:0.8>", family, None, is_negative=True)
    assert "“<lora:ink:0.8>” (LoRA)" in note


def test_one_example_of_each_kind_is_named_in_one_sentence() -> None:
    (note,) = unread("prompt", "red++, {blue}, a house __sea__ {a|b}", "stable_diffusion", None)
    assert note.endswith("“__sea__” (wildcard), “red++” (weight)")


@pytest.mark.parametrize("piece", ["(", "(a", "[a", "{a", "1::", "<a[", "\\(", "a+"])
def test_a_text_of_nothing_but_openings_is_plain(piece: str) -> None:
    assert len(plain_words(piece * 7000, "stable_diffusion")) < 200


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("prompt", "program", "is_other"),
    [
        ("a (red:1.2) house", "ComfyUI", True),
        ("a (red) house", "ComfyUI", True),
        ("a [red] house", "ComfyUI", True),
        (r"a \(red\) house", "ComfyUI", True),
        ("a red house", "ComfyUI", False),
        ("a (red:1.2) house", "", False),
        ("a (red:1.2) house", "Emulsion 0.1.0", False),
    ],
)
def test_weights_of_comfy_ui_are_told_apart(prompt: str, program: str, is_other: bool, family: str) -> None:
    told = weighs_otherwise(GenerationRequest("", prompt), program, family)
    assert told == (is_other and FAMILIES[family].has_weights)


@pytest.mark.parametrize(
    "text", ["a, EasyNegative", "embedding:easynegative", "<embed:EasyNegative>", "(easynegative:1.2)"]
)
def test_an_embedding_that_is_here_is_no_plain_word(text: str) -> None:
    assert not plain_words(text, "stable_diffusion", embeddings={"EasyNegative": 8})
    assert plain_words(f"{text} embedding:other", "stable_diffusion", embeddings={"EasyNegative": 8})
