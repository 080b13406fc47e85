"""Weights in prompts: a table of edge cases, and random prompts against a second, slow reading."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import CLIPTokenizer

from core.paths import shared_vocabulary
from core.prompt.chunks import COMMA, ChunkRules, chunked
from core.prompt.placed import PlacedText
from core.prompt.weights import Bracket, weighted
from tests.core.prompt.slow_reading import read_chunks, read_weights

A, B = 1.1, 1 / 1.1

PIECES = [
    *("red", " house", "lighthouse, ", ", ", ",", "a sea of clouds", "the quick brown fox jumps over ", "1990 "),
    *("(", "[", ")", "]", ":", ":1.2)", ": 0.5 )", ":-1)", ":.3)", ":1.2.3)", "((", "))", "[[", "]]"),
    *("\\(", "\\)", "\\[", "\\\\", "\\", " BREAK ", "BREAK", "(BREAK)", "xBREAK", "\n", "  "),
    *("🏠", "👩‍👩‍👧", "بيت ", "海辺", "é", "<|endoftext|>", "a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, "),
]
prompts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=40).map("".join)
prompts |= st.lists(st.sampled_from(PIECES), min_size=60, max_size=150).map("".join)


@cache
def tokenizer() -> Any:
    folder = shared_vocabulary({})
    return CLIPTokenizer(vocab=str(folder / "vocab.json"), merges=str(folder / "merges.txt"))


def ours(text: str) -> list[list[tuple[int, float]]]:
    words = tokenizer()
    rules = ChunkRules(75, words.convert_tokens_to_ids(COMMA))
    runs = weighted(PlacedText.whole(text)).runs
    chunks = chunked(runs, lambda text: words(text, add_special_tokens=False, verbose=False)["input_ids"], rules)
    return [[(slot.token, slot.weight) for slot in chunk] for chunk in chunks]


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(prompts)
def test_random_prompts_have_the_weights_tokens_and_chunks_of_the_slow_reading(text: str) -> None:
    read = weighted(PlacedText.whole(text))
    assert [(run.text, run.weight) for run in read.runs] == read_weights(text)
    assert ours(text) == read_chunks(text, tokenizer(), 75)
    for run in read.runs:
        assert "".join(text[place] for place in run.content.places) == run.text


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("", [("", 1.0)]),
        ("a red house", [("a red house", 1.0)]),
        ("(red)", [("red", A)]),
        ("((red))", [("red", A * A)]),
        ("[red]", [("red", B)]),
        ("[[red]]", [("red", B * B)]),
        ("(red:1.5)", [("red", 1.5)]),
        ("(red: 1.5 )", [("red", 1.5)]),
        ("(red:-.5)", [("red", -0.5)]),
        ("((red:1.5))", [("red", 1.5 * A)]),
        ("(a (b:2) c:0.5)", [("a ", 0.5), ("b", 1.0), (" c", 0.5)]),
        ("([red])", [("red", B * A)]),
        ("(red:1.2.3)", [("red:1.2.3", A)]),
        ("(red:much)", [("red:much", A)]),
        ("red:1.5)", [("red:1.5)", 1.0)]),
        ("[red:1.5]", [("red:1.5", B)]),
        ("[red:1.5)", [("red:1.5)", B)]),
        ("a (red house", [("a ", 1.0), ("red house", A)]),
        ("a ((red", [("a ", 1.0), ("red", A * A)]),
        ("a [red", [("a ", 1.0), ("red", B)]),
        ("([a", [("a", A * B)]),
        ("a) b]", [("a) b]", 1.0)]),
        ("(a]", [("a]", A)]),
        ("([a)]", [("a", A * B)]),
        ("(a)(b)", [("ab", A)]),
        (r"\(a\) \[b\] \\", [(r"(a) [b] " + "\\", 1.0)]),
        (r"(\(a\):1.5)", [("(a)", 1.5)]),
        (r"a\b", [("ab", 1.0)]),
        ("a\\", [("a", 1.0)]),
        ("a BREAK b", [("a", 1.0), ("BREAK", -1.0), ("b", 1.0)]),
        ("a\n BREAK,b", [("a", 1.0), ("BREAK", -1.0), (",b", 1.0)]),
        ("aBREAK BREAKb break", [("aBREAK BREAKb break", 1.0)]),
        ("(a BREAK b)", [("a", A), ("BREAK", -A), ("b", A)]),
        ("()", [("", 1.0)]),
        ("🏠(🏠:2)", [("🏠", 1.0), ("🏠", 2.0)]),
        ("(בית:1.2) שלום", [("בית", 1.2), (" שלום", 1.0)]),
    ],
)
def test_brackets_have_these_weights(text: str, runs: list[tuple[str, float]]) -> None:
    assert [(run.text, run.weight) for run in weighted(PlacedText.whole(text)).runs] == runs
    assert read_weights(text) == runs


def test_break_in_a_bracket_is_a_word() -> None:
    assert [run.is_break for run in weighted(PlacedText.whole("(a BREAK b) BREAK c")).runs][1::3] == [False, True]


@pytest.mark.parametrize(
    ("text", "brackets", "stray"),
    [
        ("a (b) c", (Bracket(2, 5, A),), ()),
        ("(b:1.3)", (Bracket(0, 7, 1.3),), ()),
        ("a (b [c", (Bracket(2, 7, A, is_closed=False), Bracket(5, 7, B, is_closed=False)), ()),
        ("a) ]", (), (1, 3)),
        (r"\(a\)", (), ()),
    ],
)
def test_brackets_are_told_with_their_places(
    text: str, brackets: tuple[Bracket, ...], stray: tuple[int, ...]
) -> None:
    read = weighted(PlacedText.whole(text))
    assert (read.brackets, read.stray) == (brackets, stray)


SEA = "sea "
LIST = "sea, "


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        ("", [0]),
        (SEA * 75, [75]),
        (SEA * 76, [75, 1]),
        (SEA * 150, [75, 75]),
        (SEA * 151, [75, 75, 1]),
        (LIST * 37 + SEA * 2, [74, 2]),
        ("a, " + SEA * 74, [75, 1]),
        (SEA * 54 + ", " + SEA * 20, [75]),
        (SEA * 54 + ", " + SEA * 21, [75, 1]),  # the comma is 21 tokens back
        (SEA * 55 + ", " + SEA * 20, [56, 20]),  # 20 tokens back: they move
        (SEA * 75 + ", " + SEA, [75, 2]),  # a comma begins the next chunk
        ("BREAK", [0]),
        ("a BREAK", [1]),
        ("BREAK a", [0, 1]),
        ("a BREAK BREAK b", [1, 0, 1]),
        ("a BREAK b", [1, 1]),
    ],
)
def test_chunks_have_these_lengths(text: str, lengths: list[int]) -> None:
    assert [len(chunk) for chunk in ours(text)] == lengths


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "(a" * 5000,
        "(" * 1000 + "a" + ")" * 1000,
        "[(" * 2500 + "a",
        ")" * 10_000,
        "(a:1.1)" * 1400,
        ":" * 10_000,
        "(a:" * 3000,
        "BREAK " * 1600,
        "\\" * 10_000,
        " " * 10_000,
        ": " * 5000,
        ":" + " " * 9999,
    ],
)
def test_texts_of_nothing_but_syntax_are_read(text: str) -> None:
    runs = weighted(PlacedText.whole(text)).runs
    assert sum(len(run.text) for run in runs) <= len(text)
