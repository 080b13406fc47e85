from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import ModelBroken
from core.paths import resources
from core.prompt.vocabulary import Vocabulary, appended, read_vocabulary
from core.request.request import STARTER_MODEL

WORDS = Vocabulary(
    {
        "object": ("house", "lighthouse", "trees", "orange balloon"),
        "place": ("by the sea", "the sea", "in the mountains"),
        "time": ("night", "at night", "at sunset"),
        "sky": ("a starry sky",),
        "colour": ("red",),
    },
    ("a red house by the sea at sunset", "a lighthouse at sunset", "a lighthouse at night"),
)


def test_words_that_were_never_taught_are_found_where_they_stand() -> None:
    prompt = "An ASTRONAUT’s red Light-house, at night"
    found = [prompt[begin:end] for begin, end in WORDS.unknown(prompt)]
    assert found == ["An", "ASTRONAUT’s", "Light"]


def test_the_same_word_is_known_in_any_case_and_beside_any_sign() -> None:
    assert not WORDS.unknown("(RED, house!) by_the   sea...")
    assert not WORDS.unknown("")
    assert not WORDS.unknown("(red:1.3) <lora:ink:0.8> house")  # told as syntax


def test_completions_begin_with_what_was_typed_and_come_as_the_prompts_use_them() -> None:
    assert WORDS.completions("s") == ("by the sea", "the sea", "at sunset", "a starry sky")
    assert WORDS.completions("s", "a house at ") == ("at sunset", "by the sea", "the sea", "a starry sky")
    assert WORDS.completions("s", "a house by the")[0] == "by the sea"
    assert WORDS.completions("ho") == ("house",)
    assert WORDS.completions("lig")[0] == "lighthouse"
    assert WORDS.completions("zebra") == ()
    assert WORDS.completions("") == ()


def test_a_prompt_without_a_subject_is_offered_subjects() -> None:
    assert WORDS.suggestions("") == ("a house", "a lighthouse", "trees", "an orange balloon")


def test_only_what_is_not_said_yet_is_suggested() -> None:
    assert WORDS.suggestions("a house") == ("by the sea", "at sunset", "in the mountains", "at night")
    assert WORDS.suggestions("A house BY THE SEA, in fog") == ("at sunset", "at night")
    assert WORDS.suggestions("the sea at night") == ()


@pytest.mark.parametrize(
    ("prompt", "phrase", "expected"),
    [
        ("", "at night", "at night"),
        ("a house", "at night", "a house at night"),
        ("a house, ", "at night", "a house at night"),
        ("a house", "a starry sky", "a house, a starry sky"),
    ],
)
def test_a_phrase_is_put_behind_a_prompt_as_one_would_write_it(prompt: str, phrase: str, expected: str) -> None:
    assert appended(prompt, phrase) == expected


def test_the_model_that_ships_knows_the_words_of_its_own_prompts() -> None:
    found = read_vocabulary(resources() / STARTER_MODEL)
    assert found is not None
    assert not any(found.unknown(prompt) for prompt in found.prompts)
    assert found.unknown("an astronaut on a horse") == ((3, 12), (18, 23))


def test_a_model_without_a_list_has_no_vocabulary(tmp_path: Path) -> None:
    assert read_vocabulary(tmp_path) is None


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"words": [], "prompts": []}', '{"words": {"a": "b"}, "prompts": []}', "\xff"]
)
def test_a_damaged_list_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "words.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(ModelBroken) as caught:
        read_vocabulary(tmp_path)
    assert caught.value.path == tmp_path / "words.json"


def test_a_huge_list_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "words.json").write_text(json.dumps({"words": {}, "prompts": ["x" * 1_000_001]}))
    with pytest.raises(ModelBroken):
        read_vocabulary(tmp_path)
