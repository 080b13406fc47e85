"""Learns the tokenizer: byte-level byte-pair encoding in CLIP's format, from nothing but the captions.

Byte-pair encoding (Sennrich et al. 2016, algorithm 1) merges the most frequent pair of neighbouring symbols, again
and again. CLIP's format: 256 bytes written as letters, the same 256 ending a word (`</w>`), one entry for each
merge, then `<|startoftext|>` and `<|endoftext|>`. Any text can be written in it, known words or not.
"""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import regex
from transformers import CLIPTokenizer
from transformers.convert_slow_tokenizer import bytes_to_unicode

from core.training import words
from core.training.captions import caption
from core.training.scene import random_scene
from core.training.settings import Settings

START, END = "<|startoftext|>", "<|endoftext|>"
_END_OF_WORD = "</w>"
_WORDS = regex.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")

Pair = tuple[str, str]


def learn_tokenizer(folder: Path, entries: int, text_length: int, captions: int = 4000) -> CLIPTokenizer:
    """Learns the merges, writes `vocab.json` and `merges.txt`, and returns the tokenizer that reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = _count_words(captions)
    symbols = list(bytes_to_unicode().values())
    symbols += [symbol + _END_OF_WORD for symbol in symbols]
    merges = learn_merges(counts, entries - len(symbols) - 2)
    symbols += [first + second for first, second in merges]
    symbols += [f"<|unused{number}|>" for number in range(entries - len(symbols) - 2)]
    vocabulary = {symbol: number for number, symbol in enumerate([*symbols, START, END])}
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    lines = ["#version: 0.2", *(f"{first} {second}" for first, second in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return CLIPTokenizer.from_pretrained(folder, model_max_length=text_length)


def learn_merges(counts: Counter[str], limit: int) -> list[Pair]:
    """Returns the most frequent pairs in the order of their merging; fewer than `limit` if every word is whole."""
    letters = bytes_to_unicode()
    spelled = {word: [letters[byte] for byte in word.encode()] for word in counts}
    for symbols in spelled.values():
        symbols[-1] += _END_OF_WORD
    merges: list[Pair] = []
    while len(merges) < limit:
        pairs: Counter[Pair] = Counter()
        for word, symbols in spelled.items():
            for pair in pairwise(symbols):
                pairs[pair] += counts[word]
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        spelled = {word: _merged(symbols, best) for word, symbols in spelled.items()}
    return merges


def _merged(symbols: list[str], pair: Pair) -> list[str]:
    merged: list[str] = []
    for symbol in symbols:
        if merged and (merged[-1], symbol) == pair:
            merged[-1] += symbol
        else:
            merged.append(symbol)
    return merged


def _count_words(captions: int) -> Counter[str]:
    rng = np.random.default_rng(0)
    counts: Counter[str] = Counter()
    for number in range(captions):
        counts.update(_WORDS.findall(caption(random_scene(number), rng).lower()))
    for phrases in words.word_list().values():
        for phrase in phrases:
            counts.update(_WORDS.findall(phrase.lower()))
    return counts


def tokenizer_of(settings: Settings, folder: Path) -> CLIPTokenizer:
    """Returns the tokenizer of a run's folder."""
    return CLIPTokenizer.from_pretrained(folder / "tokenizer", model_max_length=settings.diffusion.text_length)
