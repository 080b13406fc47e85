"""The U-Net's cross-attention as numbers that views can show: the places at which each word of the prompt acts.

At each place of the latent, cross-attention shares a weight of 1 out among the tokens of the prompt (Vaswani et
al. 2017, eq. 1); what a word gets is how much the network looks at it there (Tang et al. 2023, "What the DAAM").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.prompt.word import Word


@dataclass(frozen=True, slots=True, eq=False)
class AttentionMaps:
    """The attention of one network call.

    Attributes:
        call: as in `core.film.film.Frame`.
        words: of the prompt, in its order.
        maps: float16 (words, height, width), 0 to 1: the share of each word at each place of the latent. What is
            missing to 1 belongs to the start mark, the padding and the punctuation.
    """

    call: int
    words: tuple[Word, ...]
    maps: NDArray[np.float16]

    @classmethod
    def of_tokens(
        cls,
        call: int,
        words: tuple[Word, ...],
        tokens: NDArray[Any],
        said: Sequence[Word | None] | None = None,
    ) -> AttentionMaps:
        """``tokens``: (tokens, height, width); the share of a word is that of its tokens together.

        ``said`` has the words as the text of this call has them, None for one that it does not have.
        """
        nothing = np.zeros(tokens.shape[1:], np.float32)
        shares = [
            nothing if word is None else tokens[word.first_token : word.end_token].astype(np.float32).sum(axis=0)
            for word in (words if said is None else said)
        ]
        maps = np.stack(shares) if shares else np.zeros((0, *tokens.shape[1:]))
        return cls(call, words, maps.astype(np.float16))


@dataclass(frozen=True, slots=True, eq=False)
class AttentionRecord:
    """The attention of a run, as far as it was recorded; it grows by `with_maps`.

    Attributes:
        calls: the recorded calls, in their order.
        summed: float32 (words, height, width), the sum over all of them.
    """

    words: tuple[Word, ...]
    calls: tuple[AttentionMaps, ...]
    summed: NDArray[np.float32]

    @classmethod
    def begin(cls, first: AttentionMaps) -> AttentionRecord:
        return cls(first.words, (first,), first.maps.astype(np.float32))

    def with_maps(self, maps: AttentionMaps) -> AttentionRecord:
        return replace(self, calls=(*self.calls, maps), summed=self.summed + maps.maps.astype(np.float32))

    def at(self, call: int) -> AttentionMaps | None:
        """Returns the attention of a call; None when it was not recorded, such as what a branch took over."""
        return next((maps for maps in self.calls if maps.call == call), None)

    @property
    def mean(self) -> NDArray[np.float32]:
        """float32 (words, height, width): the share of each word over all recorded calls."""
        return self.summed / np.float32(len(self.calls))
