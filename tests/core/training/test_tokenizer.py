"""The tokenizer: CLIP's format, any text survives it, known words are whole."""

import json
from collections import Counter
from pathlib import Path

import pytest
from transformers import CLIPTokenizer

from core.training.tokenizer import END, START, learn_merges, learn_tokenizer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tokenizer")


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> CLIPTokenizer:
    return learn_tokenizer(folder, 1024, 48, captions=300)


def test_vocabulary_has_the_asked_size_and_ends_with_start_and_end(tokenizer: CLIPTokenizer, folder: Path) -> None:
    vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    assert len(vocabulary) == 1024
    assert vocabulary[START] == tokenizer.bos_token_id == 1022
    assert vocabulary[END] == tokenizer.eos_token_id == tokenizer.pad_token_id == 1023


@pytest.mark.parametrize(
    "text",
    ["a red house by the sea at sunset", "an astronaut in zürich", "東京の夜 🌙", "l'été 42 !?"],
)
def test_any_text_comes_back(tokenizer: CLIPTokenizer, text: str) -> None:
    decoded = str(tokenizer.decode(tokenizer(text).input_ids, skip_special_tokens=True))
    assert decoded.replace(" ", "") == text.replace(" ", "")


def test_words_of_the_grammar_are_single_entries(tokenizer: CLIPTokenizer) -> None:
    assert tokenizer.tokenize("a red house at night") == ["a</w>", "red</w>", "house</w>", "at</w>", "night</w>"]


def test_texts_are_padded_and_cut_to_the_models_length(tokenizer: CLIPTokenizer) -> None:
    long = tokenizer("house " * 100, padding="max_length", truncation=True).input_ids
    short = tokenizer("house", padding="max_length", truncation=True).input_ids
    assert len(long) == len(short) == 48
    assert long[-1] == tokenizer.eos_token_id


def test_the_most_frequent_pair_is_merged_first() -> None:
    assert learn_merges(Counter({"hug": 10, "pug": 5, "hugs": 5}), 2)[0] == ("u", "g</w>")
