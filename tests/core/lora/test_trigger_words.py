"""Trigger words are read from headers of all makers, hostile ones too."""

from __future__ import annotations

import json

import pytest

from core.lora.trigger_words import LONGEST, trigger_words


def test_the_phrase_that_its_maker_names_comes_first() -> None:
    told = {"modelspec.trigger_phrase": " ink drawing,\n", "ss_tag_frequency": json.dumps({"a": {"cat": 9}})}
    assert trigger_words(told) == ("ink drawing",)


def test_otherwise_the_tags_that_most_of_its_pictures_had() -> None:
    tags = {"10_inkstyle": {"inkstyle": 30, "a cat ": 4, "paper": 16}, "5_more": {"inkstyle": 10, "paper": 6}}
    assert trigger_words({"ss_tag_frequency": json.dumps(tags)}) == ("inkstyle", "paper")


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "3", '{"a": 3}', '{"a": {"b": "c", "d": true, "e": -1, " ": 5}}', "[" * 5000]
)
def test_what_cannot_be_read_tells_nothing(text: str) -> None:
    assert trigger_words({"ss_tag_frequency": text}) == ()


def test_words_from_outside_are_one_short_line() -> None:
    (phrase,) = trigger_words({"modelspec.trigger_phrase": "a\x00\nb" + "c" * 500})
    assert phrase.startswith("a bccc")
    assert len(phrase) == LONGEST
