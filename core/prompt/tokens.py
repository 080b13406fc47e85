"""The tokens of a prompt as CLIP's tokenizer makes them: how many, to show what the model will ignore, and which
are those of each word.

Light: the same byte-pair encoding as ``transformers.CLIPTokenizer`` (the tests hold them together), without
importing it.
"""

from __future__ import annotations

import itertools
import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

from core.errors import ModelBroken
from core.models.catalogue import Model
from core.paths import clip_vocabulary
from core.prompt.word import Word

START = "<|startoftext|>"
END = "<|endoftext|>"
MARKS = 2
"""Every text is enclosed in a start and an end mark; they count."""

WORDS = r"""<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""
"""What byte-pair encoding works on, as in OpenAI's CLIP, ``simple_tokenizer.py``."""


@dataclass(frozen=True, slots=True)
class TokenCount:
    """How long a text is for the model.

    Attributes:
        tokens: with the two marks.
        read_characters: how many characters (code points) from the start the model reads.
    """

    tokens: int
    read_characters: int


class TokenCounter:
    """Counts for one model.

    Attributes:
        max_tokens: how many tokens the model reads, with the two marks.
    """

    def __init__(self, tokenizer: Tokenizer, max_tokens: int) -> None:
        self._tokenizer = tokenizer
        self.max_tokens = max_tokens

    @classmethod
    def for_model(cls, model: Model) -> TokenCounter:
        """Reads the tokenizer in the model's folder. Raises ModelBroken."""
        tokenizer_folder = model.folder / "tokenizer"
        vocabulary, merges = _vocabulary(tokenizer_folder)
        specials = _specials(tokenizer_folder)
        try:
            tokenizer = Tokenizer(
                models.BPE(
                    vocab=vocabulary,
                    merges=merges,
                    continuing_subword_prefix="",
                    end_of_word_suffix="</w>",
                    unk_token=specials["unk_token"],
                )
            )
        except Exception as error:  # the library raises nothing narrower
            raise ModelBroken(tokenizer_folder, "its vocabulary and merges do not belong together") from error
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
        )
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False),
            ]
        )
        tokenizer.add_special_tokens([AddedToken(text, special=True) for text in dict.fromkeys(specials.values())])
        return cls(tokenizer, model.max_tokens)

    def count(self, text: str) -> TokenCount:
        """Counts the tokens of a text."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        offsets = encoding.offsets
        kept = self.max_tokens - MARKS
        read_characters = len(text) if len(offsets) <= kept else offsets[kept - 1][1]
        return TokenCount(len(offsets) + MARKS, read_characters)

    def words(self, text: str) -> tuple[Word, ...]:
        """The words that the model reads, without the punctuation, which has tokens of its own.

        Pieces that touch each other are one word: ``don't``, ``1990``.
        """
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        read = range(min(len(encoding.ids), self.max_tokens - MARKS))
        words: list[Word] = []
        for _, piece in itertools.groupby(read, key=lambda token: encoding.word_ids[token]):
            tokens = list(piece)
            start, end = encoding.offsets[tokens[0]][0], encoding.offsets[tokens[-1]][1]
            if all(unicodedata.category(character)[0] in "PZ" for character in text[start:end]):
                continue
            first, last = tokens[0] + 1, tokens[-1] + 2  # after the start mark
            if words and words[-1].end == start:
                before = words.pop()
                start, first = before.start, before.first_token
            words.append(Word(text[start:end], start, end, first, last))
        return tuple(words)


def _vocabulary(folder: Path) -> tuple[dict[str, int], list[tuple[str, str]]]:
    brings_one = any((folder / name).is_file() for name in ("tokenizer.json", "vocab.json"))
    if not brings_one and (folder / "tokenizer_config.json").is_file():
        folder = clip_vocabulary()  # a single file has only the configuration
    whole = folder / "tokenizer.json"
    if whole.is_file():
        model = _read_json(whole).get("model", {})
        vocabulary, merges = model.get("vocab"), model.get("merges")
    else:
        vocabulary = _read_json(folder / "vocab.json")
        merges = _read_lines(folder / "merges.txt")
    if not isinstance(vocabulary, dict) or not isinstance(merges, list):
        raise ModelBroken(whole, "this file is damaged: it holds no vocabulary or no merges")
    pairs = [tuple(merge.split(" ")) if isinstance(merge, str) else tuple(merge) for merge in merges]
    return cast("dict[str, int]", vocabulary), cast("list[tuple[str, str]]", pairs)


def _specials(folder: Path) -> dict[str, str]:
    """The special tokens by role; in a prompt, too, each is one token."""
    specials = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END}
    config = folder / "tokenizer_config.json"
    stored = _read_json(config) if config.is_file() else {}
    for role in specials:
        token = stored.get(role)
        text = token.get("content") if isinstance(token, dict) else token
        if isinstance(text, str):
            specials[role] = text
    return specials


def _read_lines(path: Path) -> list[str]:
    lines = _read(path).split("\n")
    return [line for line in lines if line and not line.startswith("#version")]


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(_read(path))
    except ValueError as error:
        raise ModelBroken(path, "this file is damaged: it is not readable JSON") from error
    if not isinstance(content, dict):
        raise ModelBroken(path, "this file is damaged: it does not hold a JSON object")
    return cast("dict[str, Any]", content)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError as error:
        raise ModelBroken(path, "this file is missing") from error
    except (OSError, ValueError) as error:
        raise ModelBroken(path, "this file cannot be read") from error
