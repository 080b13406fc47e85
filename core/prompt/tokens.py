"""Counts the tokens of a prompt as its text encoder takes them, and tells which of them each word has.

Light: it does without transformers (the tests hold the two together).
"""

from __future__ import annotations

import itertools
import math
import unicodedata
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace

from tokenizers import Encoding, Tokenizer

from core.families import FAMILIES
from core.models.catalogue import Model
from core.prompt.chunks import (
    COMMA,
    MARKS,
    Chunk,
    ChunkRules,
    NamedVectors,
    by_first_token,
    chunked,
    spellings,
    token_count,
)
from core.prompt.placed import PlacedText
from core.prompt.tokenizer_files import read_tokenizer
from core.prompt.weights import Run, plain, weighted
from core.prompt.word import Word
from core.request.settings.emphasis import PLAIN


@dataclass(frozen=True, slots=True)
class TokenCount:
    """The length of a text for the model, without the marks or the conversation around it.

    Attributes:
        limit: how many tokens there is room for: those of the chunks so far, or all that the model reads.
        read_characters: how many characters (code points) from the start the model reads.
        is_cut: the model ignores what follows them.
        borders: the characters of the prompt with which another chunk begins.
    """

    tokens: int
    limit: int
    read_characters: int
    is_cut: bool = False
    borders: tuple[int, ...] = ()


class TokenCounter:
    """Counts for one model."""

    def __init__(self, tokenizer: Tokenizer, frame: tuple[str, str], model: Model) -> None:
        """``frame`` encloses a prompt."""
        family = FAMILIES[model.family]
        self._tokenizer = tokenizer
        self._before, self._after = frame
        self._keeps_end = family.tokenizer.keeps_end
        self._max_tokens = model.max_tokens
        self._chunks = None
        if family.has_weights:
            self._chunks = ChunkRules(model.max_tokens - MARKS, tokenizer.token_to_id(COMMA))

    @classmethod
    def for_model(cls, model: Model) -> TokenCounter:
        """Reads the tokenizer in the model's folder. Raises ModelBroken."""
        return cls(*read_tokenizer(model), model)

    def knowing(self, embeddings: Mapping[str, int]) -> TokenCounter:
        """Returns a counter for prompts in which these names stand for so many vectors each."""
        counter = copy(self)
        if counter._chunks is not None:
            named = (
                NamedVectors(name, tuple(self._tokenizer.encode(text, add_special_tokens=False).ids), size)
                for name, size in embeddings.items()
                for text in spellings(name)
            )
            counter._chunks = replace(counter._chunks, embeddings=by_first_token(named))
        return counter

    @property
    def has_chunks(self) -> bool:
        """Returns True if prompts have weights and any length."""
        return self._chunks is not None

    def count(self, text: str | PlacedText, emphasis: str = "original") -> TokenCount:
        """Counts the tokens of a text."""
        if self._chunks is not None and emphasis != PLAIN:
            return self._chunk_count(_placed(text), emphasis, self._chunks)
        placed = _placed(text)
        encoding, first, end, read = self._encoded(placed.text)
        is_cut = read < end
        characters = len(placed.text)
        if is_cut:
            taken = max(0, encoding.offsets[read - 1][1] - len(self._before))
            characters = placed.places[taken - 1] + 1 if taken else 0
        frame = len(encoding.ids) - (end - first)
        return TokenCount(end - first, self._max_tokens - frame, characters, is_cut)

    def words(self, text: str | PlacedText, emphasis: str = "original") -> tuple[Word, ...]:
        """Returns the words that the model reads, without the punctuation, which has tokens of its own.

        Pieces that touch each other are one word: ``don't``, ``1990``.
        """
        if self._chunks is not None and emphasis != PLAIN:
            return self._chunk_words(_placed(text), emphasis, self._chunks)
        text = text if isinstance(text, str) else text.text
        encoding, first, _, read = self._encoded(text)
        words: list[Word] = []
        offsets = encoding.offsets
        for _, piece in itertools.groupby(range(first, read), key=encoding.word_ids.__getitem__):
            tokens = list(piece)
            start, end = offsets[tokens[0]][0], offsets[tokens[-1]][1]
            start, end = max(0, start - len(self._before)), end - len(self._before)
            start = end - len(text[start:end].lstrip())  # Qwen's tokens begin with the space before them
            _add_word(words, Word(text[start:end], start, end, tokens[0], tokens[-1] + 1))
        return tuple(words)

    def _encoded(self, text: str) -> tuple[Encoding, int, int, int]:
        """Returns the text in its frame, its first token, and the ends of its tokens and of those read."""
        encoding = self._tokenizer.encode(f"{self._before}{text}{self._after}", add_special_tokens=False)
        start = len(self._before)
        first = sum(end <= start for _, end in encoding.offsets)
        end = sum(begin < start + len(text) for begin, _ in encoding.offsets) if text else first
        kept = len(encoding.ids) - end if self._keeps_end else 0
        return encoding, first, end, min(end, self._max_tokens - kept)

    def _chunk_count(self, text: PlacedText, emphasis: str, rules: ChunkRules) -> TokenCount:
        runs, encodings, chunks = self._chunked(text, emphasis, rules)
        tokens = token_count(chunks, rules.length)
        limit = math.ceil(max(tokens, 1) / rules.length) * rules.length
        offsets = [encoding.offsets for encoding in encodings] if len(chunks) > 1 else []  # each is a new list
        borders = [
            runs[run].content.places[offsets[run][token][0]]
            for run, token in (chunk[0].source for chunk in chunks[1:] if chunk)
        ]
        return TokenCount(tokens, limit, len(text.text), borders=tuple(borders))

    def _chunk_words(self, text: PlacedText, emphasis: str, rules: ChunkRules) -> tuple[Word, ...]:
        runs, encodings, chunks = self._chunked(text, emphasis, rules)
        positions: dict[tuple[int, int], list[int]] = {}
        for number, chunk in enumerate(chunks):
            for place, slot in enumerate(chunk):
                positions.setdefault(slot.source, []).append(number * (rules.length + MARKS) + 1 + place)
        words: list[Word] = []
        for number, (run, encoding) in enumerate(zip(runs, encodings, strict=True)):
            before, offsets = len(words), encoding.offsets
            for _, piece in itertools.groupby(range(len(encoding.ids)), key=encoding.word_ids.__getitem__):
                tokens = list(piece)
                taken = [place for token in tokens for place in positions.get((number, token), ())]
                if not taken:
                    continue
                first, last = offsets[tokens[0]][0], offsets[tokens[-1]][1]
                word = Word(
                    run.text[first:last], *run.content.range_of(first, last), taken[0], _end_of_stretch(taken)
                )
                _add_word(words, word, before)
        return tuple(words)

    def _chunked(
        self, text: PlacedText, emphasis: str, rules: ChunkRules
    ) -> tuple[Sequence[Run], list[Encoding], tuple[Chunk, ...]]:
        runs = (plain if emphasis == "none" else weighted)(text).runs
        encodings = [self._tokenizer.encode(run.text, add_special_tokens=False) for run in runs]
        tokens = iter([encoding.ids for run, encoding in zip(runs, encodings, strict=True) if not run.is_break])
        return runs, encodings, chunked(runs, lambda _: next(tokens), rules)


def _placed(text: str | PlacedText) -> PlacedText:
    return PlacedText.whole(text) if isinstance(text, str) else text


def _end_of_stretch(places: Sequence[int]) -> int:
    """Returns the end of the places that follow the first one directly: a word may go on in the next chunk."""
    return next((a + 1 for a, b in itertools.pairwise(places) if b != a + 1), places[-1] + 1)


def _add_word(words: list[Word], word: Word, first: int = 0) -> None:
    """Adds what is no punctuation, to the word before (from number ``first`` on) where the two touch."""
    if all(unicodedata.category(character)[0] in "PZC" for character in word.text):
        return
    if len(words) > first and words[-1].end == word.start:
        before = words.pop()
        end = word.end_token if word.first_token == before.end_token else before.end_token  # of this chunk
        word = Word(before.text + word.text, before.start, word.end, before.first_token, end)
    words.append(word)
