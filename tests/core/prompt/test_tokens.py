"""The light counter and transformers' tokenizer must agree on every text."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tokenizers import pre_tokenizers
from transformers import CLIPTokenizer, Qwen2Tokenizer

from core.errors import ModelBroken
from core.models.catalogue import Model
from core.models.reading import read_model
from core.paths import resources
from core.prompt.chunks import COMMA, ChunkRules, chunked, token_count
from core.prompt.placed import PlacedText
from core.prompt.tokens import TokenCounter
from core.prompt.weights import plain
from core.request.request import STARTER_MODEL
from tests import tiny
from tests.fakes import model

MAX_TOKENS = 16

TEXTS = [
    "",
    " ",
    "a red house by the sea",
    "  A   RED\thouse\n\nby   the sea  ",
    "the lighthouse's light, isn't it? they'll've",
    "1234 houses at 5:30!!! (red:1.2) [sea] {x|y}",
    "wow! wow!!! w!o!w",
    "naïve café — ½ … «sea» straße İstanbul",
    "e\u0301 and é are one letter",
    "海辺の赤い家 дом у моря בית ليلى",
    "a 🏠 by the 🌊🌊 👩‍👩‍👧",
    "<|startoftext|>a<|endoftext|>house<|endoftext|>",
    "<lora:x:1> a_b-c.d/e\\f",
    "\x00\x01 zero\u200bwidth \ufeff\u2028line",
    "sea " * 40,
]


def write_tokenizer(folder: Path) -> Path:
    """A vocabulary with all bytes and some merges, in CLIP's two files."""
    tokenizer_folder = folder / "tokenizer"
    tokenizer_folder.mkdir()
    merges = [
        "t h",
        "th e</w>",
        "s e",
        "se a</w>",
        "r e",
        "re d</w>",
        "h o",
        "u s",
        "ho us",
        "hous e</w>",
        "! !</w>",
    ]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    entries = [*letters, *(letter + "</w>" for letter in letters), *(merge.replace(" ", "") for merge in merges)]
    entries += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {entry: index for index, entry in enumerate(entries)}
    (tokenizer_folder / "vocab.json").write_text(json.dumps(vocabulary), "utf-8")
    (tokenizer_folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", "utf-8")
    return tokenizer_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tokenizer(tmp_path)
    return tmp_path


def model_in(folder: Path) -> Model:
    return replace(model(), folder=folder, max_tokens=MAX_TOKENS)


def ids_of(reference: Any, text: str) -> list[int]:
    return reference(text, add_special_tokens=False, verbose=False)["input_ids"]


def assert_agreement(folder: Path, max_tokens: int = MAX_TOKENS) -> None:
    """Without weights the chunks hold transformers' tokens, in their order."""
    reference = CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
    counter = TokenCounter.for_model(replace(model_in(folder), max_tokens=max_tokens))
    for text in TEXTS:
        count = counter.count(text, "none")
        tokens = reference(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        chunks = chunked(
            plain(PlacedText.whole(text)).runs,
            partial(ids_of, reference),
            ChunkRules(max_tokens - 2, reference.get_vocab().get(COMMA)),
        )
        assert [slot.token for chunk in chunks for slot in chunk] == tokens["input_ids"], text
        assert (count.tokens, count.is_cut) == (token_count(chunks, max_tokens - 2), False)
        firsts = itertools.accumulate(len(chunk) for chunk in chunks[:-1])
        assert count.borders == tuple(tokens["offset_mapping"][first][0] for first in firsts), text


def test_counts_agree_for_vocabulary_and_merges(folder: Path):
    assert_agreement(folder)


def test_counts_agree_for_one_file(folder: Path):
    CLIPTokenizer.from_pretrained(folder / "tokenizer").save_pretrained(folder / "tokenizer")
    (folder / "tokenizer" / "merges.txt").unlink(missing_ok=True)
    (folder / "tokenizer" / "vocab.json").unlink(missing_ok=True)
    assert (folder / "tokenizer" / "tokenizer.json").is_file()
    assert_agreement(folder)


def test_counts_agree_for_the_starter_model():
    starter = read_model(resources() / STARTER_MODEL, STARTER_MODEL)
    assert_agreement(starter.folder, starter.max_tokens)


def test_counts_agree_with_another_padding_token(folder: Path):
    """Stable Diffusion 2 pads with "!", which thereby becomes a token of its own in every prompt."""
    CLIPTokenizer.from_pretrained(folder / "tokenizer", pad_token="!").save_pretrained(folder / "tokenizer")
    assert_agreement(folder)


QWEN_MERGES = ["h e", "s e", "se a", "Ġ se", "Ġse a", "Ġ a", "r e", "re d", "Ċ Ċ", "u s"]


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Qwen's tokenizer with merges and its conversation, as the model of a family has it."""
    folder = tmp_path_factory.mktemp("qwen")
    words = tiny.chat_tokenizer(folder / "tokenizer", QWEN_MERGES)
    words.save_pretrained(folder / "tokenizer")
    return folder


@pytest.mark.parametrize("text", [*TEXTS, "\n\na house", "a house \n", "I'LL THEY'RE 12345", "<|im_end|> <think>"])
@pytest.mark.parametrize("max_tokens", [24, 512])
def test_qwens_tokens_are_counted_in_the_conversation_that_the_family_makes(
    chat: Path, text: str, max_tokens: int
) -> None:
    reference = Qwen2Tokenizer.from_pretrained(chat / "tokenizer", local_files_only=True)
    messages = [{"role": "user", "content": text}]
    prompt = reference.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=True, enable_thinking=True
    )
    counter = TokenCounter.for_model(replace(model(), folder=chat, family="z_image", max_tokens=max_tokens))
    count = counter.count(text)
    frame = len(reference(prompt)["input_ids"]) - count.tokens
    assert count.limit == max_tokens - frame
    read = reference(prompt, truncation=True, max_length=max_tokens, return_offsets_mapping=True)["offset_mapping"]
    start = len("<|im_start|>user\n")
    assert count.is_cut == (len(read) == max_tokens and read[-1][1] < start + len(text))
    assert count.read_characters == min(len(text), max(0, read[-1][1] - start))


def test_the_words_of_qwens_tokens_are_those_of_the_text(chat: Path) -> None:
    reference = Qwen2Tokenizer.from_pretrained(chat / "tokenizer", local_files_only=True)
    text = "a red sea, the 2 houses"
    tokens = reference(f"<|im_start|>user\n{text}")["input_ids"]
    words = TokenCounter.for_model(replace(model(), folder=chat, family="z_image", max_tokens=512)).words(text)
    assert [word.text for word in words] == ["a", "red", "sea", "the", "2", "houses"]
    read = [reference.decode(tokens[word.first_token : word.end_token]).strip() for word in words]
    assert read == [word.text for word in words]


@pytest.mark.parametrize("content", ['{"added_tokens_decoder": {"1": 3}}', '{"added_tokens_decoder": {"1": {}}}'])
def test_damaged_added_tokens_are_an_error_of_the_model(folder: Path, content: str) -> None:
    (folder / "tokenizer" / "tokenizer_config.json").write_text(content, "utf-8")
    with pytest.raises(ModelBroken):
        TokenCounter.for_model(model_in(folder))


@pytest.mark.parametrize(
    ("text", "tokens", "limit", "borders"),
    [
        ("", 0, 14, ()),
        ("sea " * 14, 14, 14, ()),
        ("sea " * 15, 15, 28, (56,)),
        ("sea BREAK sea", 15, 28, (10,)),
        ("sea BREAK", 1, 14, ()),
        ("(sea:1.2), [red]", 3, 14, ()),
        ("🏠🏠🏠🏠", 16, 28, (3,)),
        ("sea, " + "sea " * 15, 29, 42, (5, 61)),
    ],
)
def test_tokens_are_counted_in_full_chunks(
    folder: Path, text: str, tokens: int, limit: int, borders: tuple[int, ...]
) -> None:
    count = TokenCounter.for_model(model_in(folder)).count(text)
    assert (count.tokens, count.limit, count.borders) == (tokens, limit, borders)
    assert (count.read_characters, count.is_cut) == (len(text), False)


@pytest.mark.parametrize("name", ["vocab.json", "merges.txt"])
def test_a_missing_file_is_named(folder: Path, name: str):
    (folder / "tokenizer" / name).unlink()
    with pytest.raises(ModelBroken) as error:
        TokenCounter.for_model(model_in(folder))
    assert error.value.path.name == name


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', "null"])
def test_a_damaged_vocabulary_is_an_error_of_the_model(folder: Path, content: str):
    (folder / "tokenizer" / "vocab.json").write_text(content, "utf-8")
    with pytest.raises(ModelBroken):
        TokenCounter.for_model(model_in(folder))


def test_damaged_merges_are_an_error_of_the_model(folder: Path):
    (folder / "tokenizer" / "merges.txt").write_text("one\ntwo three four\n", "utf-8")
    with pytest.raises(ModelBroken):
        TokenCounter.for_model(model_in(folder))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("a red house, by the sea!", ["a", "red", "house", "by", "the", "sea"]),
        ("  A   RED\thouse", ["A", "RED", "house"]),
        ("the house's don't", ["the", "house's", "don't"]),
        ("in 1990: (red:1.2)", ["in", "1990", "red"]),
        ("a \\(red\\) [house] BREAK sea", ["a", "red", "house", "sea"]),
        ("naïve café", ["naïve", "café"]),
        ("海 and 🏠", ["海", "and", "🏠"]),
        (",.!?", []),
    ],
)
def test_words_are_found_with_their_tokens(folder: Path, text: str, words: list[str]) -> None:
    found = TokenCounter.for_model(replace(model_in(folder), max_tokens=99)).words(text)
    assert [word.text for word in found] == words
    assert [text[word.start : word.end] for word in found] == words
    bounds = [(word.first_token, word.end_token) for word in found]
    assert all(first < end for first, end in bounds)
    assert all(end <= first for (_, end), (first, _) in itertools.pairwise(bounds))


def test_the_tokens_of_a_word_are_those_of_the_tokenizer(folder: Path) -> None:
    text = "the red, houses"
    reference = CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
    tokens = reference.convert_ids_to_tokens(reference(text)["input_ids"])
    words = TokenCounter.for_model(model_in(folder)).words(text)
    assert [tokens[word.first_token : word.end_token] for word in words] == [
        ["the</w>"],
        ["red</w>"],
        ["ho", "u", "se", "s</w>"],
    ]


def test_the_words_of_later_chunks_have_their_tokens_behind_the_marks(folder: Path) -> None:
    words = TokenCounter.for_model(model_in(folder)).words("sea " * 40)
    assert [word.first_token for word in words] == [16 * (i // 14) + 1 + i % 14 for i in range(40)]
