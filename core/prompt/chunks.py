"""Tokens of a prompt in chunks that a CLIP text encoder reads one by one, as AUTOMATIC1111's program divides them.

A chunk has 75 tokens between a mark for its start and one for its end. Where one is full, what follows its last
comma moves to the next one, unless that is more than 20 tokens. (``tokenize_line`` in the ``sd_hijack_clip.py`` of
that program, ``classic_engine.py`` of Forge.)
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from core.prompt.weights import Run

COMMA = ",</w>"
"""The comma in CLIP's vocabulary; one that is glued to other signs is another token."""

FARTHEST_COMMA = 20
MARKS = 2
"""A start and an end around each chunk."""


@dataclass(frozen=True, slots=True)
class NamedVectors:
    """A textual inversion embedding as a prompt takes it: so many vectors for the tokens of its name."""

    name: str
    tokens: tuple[int, ...]
    vectors: int


def spellings(name: str) -> tuple[str, ...]:
    """Returns the ways to name an embedding: AUTOMATIC1111's, ComfyUI's and SwarmUI's."""
    return name, f"embedding:{name}", f"<embed:{name}>"


def by_first_token(named: Iterable[NamedVectors]) -> Embeddings:
    """Sorts embeddings for `chunked`."""
    found: dict[int, list[NamedVectors]] = {}
    for one in sorted(named, key=lambda one: -len(one.tokens)):
        if one.tokens:
            found.setdefault(one.tokens[0], []).append(one)
    return found


Embeddings = Mapping[int, Sequence[NamedVectors]]
"""By the first token of their names, those with the longest names first."""

NO_EMBEDDINGS: Embeddings = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of a chunk.

    Attributes:
        token: in the vocabulary, 0 for a vector of an embedding.
        source: number of the run and of the token in it, counted from 0.
        embedding: its name and the number of the vector; None for an ordinary token.
    """

    token: int
    weight: float
    source: tuple[int, int]
    embedding: tuple[str, int] | None = None


Chunk = tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class ChunkRules:
    """The way a tokenizer's text encoder takes chunks.

    Attributes:
        length: tokens in a chunk, without its marks.
        comma: the token of a comma, None where the vocabulary has none.
    """

    length: int
    comma: int | None
    embeddings: Embeddings = field(default_factory=lambda: NO_EMBEDDINGS)


def chunked(
    runs: Iterable[Run], tokens_of: Callable[[str], Sequence[int]], rules: ChunkRules
) -> tuple[Chunk, ...]:
    """Divides runs into chunks, none longer than the rules allow; a text without tokens is one empty chunk.

    ``tokens_of`` returns the tokens of a run's text without any marks.
    """
    chunks: list[Chunk] = []
    chunk: list[Slot] = []
    comma = -1  # its place in the chunk

    def close() -> None:
        nonlocal chunk, comma
        chunks.append(tuple(chunk))
        chunk, comma = [], -1

    for number, run in enumerate(runs):
        if run.is_break:
            close()
            continue
        tokens, place = tokens_of(run.text), 0
        while place < len(tokens):
            token, is_full = tokens[place], len(chunk) == rules.length
            if token == rules.comma:
                comma = len(chunk)
            elif is_full and comma != -1 and len(chunk) - comma <= FARTHEST_COMMA:
                moved, chunk = chunk[comma + 1 :], chunk[: comma + 1]
                close()
                chunk = moved
            if len(chunk) == rules.length:
                close()
            source = number, place
            found = _embedding_at(tokens, place, rules.embeddings)
            if found is None:
                chunk.append(Slot(token, run.weight, source))
                place += 1
                continue
            if len(chunk) + found.vectors > rules.length:
                close()
            chunk += [Slot(0, run.weight, source, (found.name, vector)) for vector in range(found.vectors)]
            place += len(found.tokens)
    if chunk or not chunks:
        close()
    return tuple(chunks)


def token_count(chunks: Sequence[Chunk], length: int) -> int:
    """Returns the tokens of a text as that program counts them: all chunks but the last are full."""
    return (len(chunks) - 1) * length + len(chunks[-1])


def padded(chunks: tuple[Chunk, ...], count: int) -> tuple[Chunk, ...]:
    """Adds empty chunks up to a number of them."""
    return (*chunks, *itertools.repeat((), count - len(chunks)))


def _embedding_at(tokens: Sequence[int], place: int, embeddings: Embeddings) -> NamedVectors | None:
    named = embeddings.get(tokens[place], ())
    return next((one for one in named if tuple(tokens[place : place + len(one.tokens)]) == one.tokens), None)
