"""Texts that change in time, and prompts of several parts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import InvalidRequest
from core.families import FAMILIES
from core.prompt.editing import edited
from core.prompt.parts import composed, parts_of
from core.prompt.placed import PlacedText
from core.prompt.timeline import MOST_TEXTS, first_call, timeline, timeline_of
from core.request.request import GenerationRequest, Source

REQUEST = GenerationRequest("", steps=10, sampler="euler")


def schedule(text: str, calls: int = 10) -> list[tuple[int, str]]:
    read = edited(PlacedText.whole(text))
    found = [(end, read.at(end, calls)) for end in read.ends(calls)]
    for _, placed in found:
        assert "".join(text[place] for place in placed.places) == placed.text
    return [(end, placed.text) for end, placed in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("test", [(10, "test")]),
        ("a [b:3]", [(3, "a "), (10, "a b")]),
        ("a [b: 3 ]", [(3, "a "), (10, "a b")]),
        ("a [b::3]", [(3, "a b"), (10, "a ")]),
        ("a [b:c:0.4]", [(4, "a b"), (10, "a c")]),
        ("a [b:c:.45]", [(4, "a b"), (10, "a c")]),
        ("a [b:c:12]", [(10, "a b")]),
        ("a [b:c:2.]", [(10, "a b")]),
        ("a [b:c:0]", [(10, "a c")]),
        ("a [b:c:-3]", [(10, "a c")]),
        ("a [b:c:1e1]", [(10, "a b")]),
        ("a [[[b]]:2]", [(2, "a "), (10, "a [[b]]")]),
        ("[(a:2):3]", [(3, ""), (10, "(a:2)")]),
        ("a [b : c : 1] d", [(1, "a b  d"), (10, "a  c  d")]),
        ("a[b:[c:d:2]:1]e", [(1, "abe"), (2, "ace"), (10, "ade")]),
        ("a [unbalanced", [(10, "a [unbalanced")]),
        ("((a][:b:c [d:3]", [(3, "((a][:b:c "), (10, "((a][:b:c d")]),
        ("[fe|]male", [(n, "female" if n % 2 else "male") for n in range(1, 11)]),
        ("[a|(b:1.1)]", [(n, "a" if n % 2 else "(b:1.1)") for n in range(1, 11)]),
        ("[a|b|c]", [(n, "cab"[n % 3]) for n in range(1, 11)]),
        ("a | [b:3]", [(10, "a | [b:3]")]),
        ("[a|b:3]", [(10, "[a|b:3]")]),
        ("[a:b:c:3]", [(10, "[a:b:c:3]")]),
        ("[a:b]", [(10, "[a:b]")]),
        (r"\[a:b:3\]", [(10, r"\[a:b:3\]")]),
        ("[a:b:3] \\", [(10, "[a:b:3] \\")]),
        ("[🏠:בית:3]", [(3, "🏠"), (10, "בית")]),
    ],
)
def test_texts_change_after_these_calls(text: str, expected: list[tuple[int, str]]) -> None:
    assert schedule(text) == expected


@pytest.mark.parametrize(
    "text", ["[a:" * 3000, "(" * 10_000, "[a|" * 2000 + "b" + "]" * 2000, "[[" * 500 + ":1]" * 500]
)
def test_deep_brackets_are_read(text: str) -> None:
    read = edited(PlacedText.whole(text))
    assert len(read.at(3, 20).text) <= len(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a cat", [("a cat", 1.0)]),
        ("a clock at 12:30", [("a clock at 12:30", 1.0)]),
        ("a cat AND a dog", [("a cat", 1.0), (" a dog", 1.0)]),
        ("a cat :1.2 AND a dog:-.5", [("a cat", 1.2), (" a dog", -0.5)]),
        ("a:1:2 AND b", [("a:1", 2.0), (" b", 1.0)]),
        ("SAND AND HAND", [("SAND", 1.0), (" HAND", 1.0)]),
        ("AND", [("", 1.0), ("", 1.0)]),
    ],
)
def test_parts_have_weights(text: str, parts: list[tuple[str, float]]) -> None:
    found = parts_of(PlacedText.whole(text))
    assert [(part.content.text, part.weight) for part in found] == parts
    again = parts_of(PlacedText.whole(composed(tuple((part.content.text, part.weight) for part in found))))
    assert [(part.content.text.strip(), part.weight) for part in again] == [(a.strip(), w) for a, w in parts]


def test_too_many_parts_and_texts_are_refused_in_words() -> None:
    with pytest.raises(InvalidRequest, match="17 parts"):
        timeline(replace(REQUEST, prompt=" AND ".join("a" * 17)))
    with pytest.raises(InvalidRequest, match="at most 100"):
        timeline(replace(REQUEST, steps=500, prompt=f"[{'|'.join(map(str, range(MOST_TEXTS + 1)))}]"))


def test_the_first_text_lives_one_call_longer_than_its_number() -> None:
    read = timeline(replace(REQUEST, prompt="[a:b:0.5]", negative_prompt="[:c:7]"))
    told = [read.requests[read.at(call)] for call in range(12)]
    assert [request.prompt for request in told] == ["a"] * 6 + ["b"] * 6
    assert [request.negative_prompt for request in told] == [""] * 8 + ["c"] * 4


def test_second_order_samplers_count_calls() -> None:
    halves = timeline(replace(REQUEST, sampler="heun", prompt="[a:b:0.5]"))
    assert [halves.at(call) for call in range(19)] == [0] * 11 + [1] * 8
    whole = timeline(replace(REQUEST, sampler="heun", prompt="[a:b:5]"))
    assert [whole.at(call) for call in range(19)] == [0] * 6 + [1] * 13


def test_texts_that_come_again_are_read_once() -> None:
    read = timeline(replace(REQUEST, prompt="[a|b] x AND [c:d:4] :2"))
    assert len(read.moments) == 4
    assert read.requests[read.at(9)].prompt.startswith("a x :1.0")


@pytest.mark.parametrize("family", FAMILIES)
def test_only_families_with_weights_switch(family: str) -> None:
    read = timeline_of(replace(REQUEST, prompt="[a|b] AND c"), family)
    assert read.is_constant is not FAMILIES[family].has_weights


def test_a_run_from_a_picture_counts_from_its_own_first_call() -> None:
    source = replace(REQUEST, source=Source("a.png", 0.5))
    assert first_call(source, skipped_steps=5) == 0
    assert first_call(replace(source, sampler="heun"), skipped_steps=7) == 4
    assert first_call(REQUEST, skipped_steps=3) == 3
