"""Counting tokens for whichever model is chosen; a model whose tokenizer cannot be read is not counted for."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.errors import ModelBroken
from core.language.words import tr
from core.models.catalogue import Model
from core.prompt.length import count_prompt
from core.prompt.tokens import TokenCounter

log = logging.getLogger(__name__)

NO_SIZES: Mapping[str, int] = MappingProxyType({})
COUNTED_CHARACTERS = 20_000
"""Longer texts are counted up to here, so that a pasted book does not hold up the typing."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A prompt's length.

    Attributes:
        words: for people, ``"10 / 75 tokens"``, without the marks at start and end; "" for an empty prompt.
        is_cut: the model ignores what comes after ``read_characters``.
        borders: the characters with which another chunk begins.
    """

    words: str
    is_cut: bool
    read_characters: int
    borders: tuple[int, ...] = ()


class TokenCounting:
    """Keeps the counter of the model that was used last, since reading a vocabulary takes a moment."""

    def __init__(self) -> None:
        self._model: Model | None = None
        self._embeddings: Mapping[str, int] = NO_SIZES
        self._counter: TokenCounter | None = None

    def count(
        self,
        model: Model | None,
        text: str,
        embeddings: Mapping[str, int] = NO_SIZES,
        emphasis: str = "original",
        *,
        is_negative: bool = False,
    ) -> Counted | None:
        """None when the model or its tokenizer is not there; ``embeddings`` have so many vectors each."""
        counter = self._counter_for(model, embeddings)
        if counter is None:
            return None
        count = count_prompt(counter, text[:COUNTED_CHARACTERS], emphasis, is_negative=is_negative)
        more = "+" if len(text) > COUNTED_CHARACTERS else ""
        ignored = tr(": the struck-through part is ignored") if count.is_cut else ""
        words = tr(
            "{tokens}{more} / {limit} tokens{ignored}",
            tokens=count.tokens,
            more=more,
            limit=count.limit,
            ignored=ignored,
        )
        return Counted(words if text else "", count.is_cut, count.read_characters, count.borders)

    def _counter_for(self, model: Model | None, embeddings: Mapping[str, int]) -> TokenCounter | None:
        if (model, embeddings) != (self._model, self._embeddings):
            self._model, self._embeddings = model, embeddings
            self._counter = None
            if model is not None:
                try:
                    self._counter = TokenCounter.for_model(model).knowing(embeddings)
                except ModelBroken as error:
                    log.info("tokens are not counted: %s", error)
        return self._counter
