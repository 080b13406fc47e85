"""Reads the tokenizer of a model's folder: byte-pair encodings as in transformers, without importing it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

from core.errors import ModelBroken
from core.families import FAMILIES
from core.language.words import tr
from core.models.catalogue import Model
from core.paths import shared_vocabulary

START = "<|startoftext|>"
END = "<|endoftext|>"

CLIP_WORDS = r"""<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""
"""Byte-pair encoding works on these, as in OpenAI's CLIP, ``simple_tokenizer.py``."""

QWEN2_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""Qwen's division of text into words, as in transformers' ``tokenization_qwen2.py``."""


def read_tokenizer(model: Model) -> tuple[Tokenizer, tuple[str, str]]:
    """Returns the tokenizer in the model's folder, and the text that encloses a prompt. Raises ModelBroken."""
    rules = FAMILIES[model.family].tokenizer
    if rules.kind == "t5":
        assert rules.frame is not None
        of_t5 = FAMILIES[model.family].text_encoders[-1].replace("text_encoder", "tokenizer")
        return _whole(model.folder / of_t5), rules.frame
    folder = model.folder / "tokenizer"
    vocabulary, merges = _vocabulary(folder)
    specials = _specials(folder, has_marks=rules.frame is None)
    suffix, prepare = _KINDS[rules.kind]
    try:
        encoding = models.BPE(
            vocab=vocabulary,
            merges=merges,
            continuing_subword_prefix="",
            end_of_word_suffix=suffix,
            unk_token=specials["unk_token"],
        )
    except Exception as error:  # the library raises nothing narrower
        raise ModelBroken(folder, tr("its vocabulary and merges do not belong together")) from error
    tokenizer = prepare(encoding)
    tokenizer.add_special_tokens([AddedToken(text, special=True) for text in dict.fromkeys(specials.values())])
    try:
        tokenizer.add_tokens(list(_added_tokens(folder)))
    except (TypeError, KeyError, AttributeError) as error:
        raise ModelBroken(folder, tr("its list of added tokens is damaged")) from error
    frame = rules.frame or (specials["bos_token"], specials["eos_token"])
    return tokenizer, frame


def _whole(folder: Path) -> Tokenizer:
    """Returns a tokenizer whose file says all of it, such as that of T5. Raises ModelBroken."""
    if not (folder / "tokenizer.json").is_file() and (folder / "tokenizer_config.json").is_file():
        folder = shared_vocabulary(_read_json(folder / "tokenizer_config.json"))  # for a file without a folder
    try:
        return Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # the library raises nothing narrower
        raise ModelBroken(folder, tr("its tokenizer.json is missing or damaged"), is_damaged=True) from error


def _clip(encoding: models.BPE) -> Tokenizer:
    tokenizer = Tokenizer(encoding)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CLIP_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    return tokenizer


def _qwen2(encoding: models.BPE) -> Tokenizer:
    tokenizer = Tokenizer(encoding)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN2_WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return tokenizer


_KINDS: MappingProxyType[str, tuple[str, Callable[[models.BPE], Tokenizer]]] = MappingProxyType(
    {"clip": ("</w>", _clip), "qwen2": ("", _qwen2)}
)
"""By `TokenizerRules.kind`: what ends a word in the vocabulary, and what happens before the encoding."""


def _vocabulary(folder: Path) -> tuple[dict[str, int], list[tuple[str, str]]]:
    brings_one = any((folder / name).is_file() for name in ("tokenizer.json", "vocab.json"))
    if not brings_one and (folder / "tokenizer_config.json").is_file():
        folder = shared_vocabulary(_read_json(folder / "tokenizer_config.json"))  # for a file without a folder
    whole = folder / "tokenizer.json"
    if whole.is_file():
        model = _read_json(whole).get("model", {})
        vocabulary, merges = model.get("vocab"), model.get("merges")
    else:
        vocabulary = _read_json(folder / "vocab.json")
        merges = _read_lines(folder / "merges.txt")
    if not isinstance(vocabulary, dict) or not isinstance(merges, list):
        raise ModelBroken(whole, tr("this file is damaged: it has no vocabulary or no merges"))
    pairs = [tuple(merge.split(" ")) if isinstance(merge, str) else tuple(merge) for merge in merges]
    return cast("dict[str, int]", vocabulary), cast("list[tuple[str, str]]", pairs)


def _specials(folder: Path, has_marks: bool) -> dict[str, str]:
    """Returns the special tokens by role; in a prompt, too, each is one token."""
    specials = {"bos_token": START} if has_marks else {}
    specials |= {"eos_token": END, "unk_token": END, "pad_token": END}
    config = folder / "tokenizer_config.json"
    stored = _read_json(config) if config.is_file() else {}
    for role in specials:
        token = stored.get(role)
        text = token.get("content") if isinstance(token, dict) else token
        if isinstance(text, str):
            specials[role] = text
    return specials


def _added_tokens(folder: Path) -> Iterator[AddedToken]:
    """Yields the tokens that were added to the vocabulary later, such as those that enclose a message."""
    whole, config = folder / "tokenizer.json", folder / "tokenizer_config.json"
    entries: list[Any] = []
    if whole.is_file():
        entries += _read_json(whole).get("added_tokens") or []
    if config.is_file():
        entries += (_read_json(config).get("added_tokens_decoder") or {}).values()
    for entry in entries:
        flags = {name: entry[name] for name in ("lstrip", "rstrip", "normalized", "special") if name in entry}
        yield AddedToken(entry["content"], **flags)


def _read_lines(path: Path) -> list[str]:
    lines = _read(path).split("\n")
    return [line for line in lines if line and not line.startswith("#version")]


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(_read(path))
    except ValueError as error:
        raise ModelBroken(path, tr("this file is damaged: it is not readable JSON")) from error
    if not isinstance(content, dict):
        raise ModelBroken(path, tr("this file is damaged: it does not contain a JSON object"))
    return cast("dict[str, Any]", content)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError as error:
        raise ModelBroken(path, tr("this file is missing")) from error
    except (OSError, ValueError) as error:
        raise ModelBroken(path, tr("this file cannot be read")) from error
