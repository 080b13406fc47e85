"""Probes in a U-Net's cross-attention, there only while a call is watched; they change no bit of what comes out.

A probe is a forward hook: the module computes as ever, and the probe computes softmax(Q Kᵀ / √d) (Vaswani et al.
2017, eq. 1) once more for the half with the prompt, since fast attention never holds it in memory.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.engine.loading.loaded_model import PreparedModel
from core.engine.prompt_calls import PromptCalls
from core.engine.sampling.denoising import Predict, Timestep
from core.engine.sampling.guidance import Prediction
from core.film.attention_maps import AttentionMaps, AttentionRecord
from core.prompt.tokens import TokenCounter
from core.prompt.word import Word
from core.request.request import GenerationRequest

LARGEST_MAP = 64
"""Places on the longer side of a map; more would only cost memory."""


@dataclass(slots=True, eq=False)
class Probes:
    """The sums of the probes over the layers of one call, (parts * tokens, height, width) in float32.

    Attributes:
        parts: of the prompt; each has a pass of its own, the last ones of the batch.
        size: height and width of the maps, None for those of the latent as far as `LARGEST_MAP` allows.
    """

    latent: tuple[int, int]
    parts: int = 1
    size: tuple[int, int] | None = None
    _sum: torch.Tensor | None = None
    _layers: int = 0
    _size: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        longest = max(self.latent)
        factor = min(LARGEST_MAP / longest, 1.0)
        own = max(round(self.latent[0] * factor), 1), max(round(self.latent[1] * factor), 1)
        self._size = self.size or own

    def look(self, module: Any, arguments: tuple[Any, ...], options: dict[str, Any], _output: Any) -> None:
        """The forward hook of one cross-attention module."""
        hidden = (arguments[0] if arguments else options["hidden_states"])[-self.parts :]
        encoded = arguments[1] if len(arguments) > 1 else options["encoder_hidden_states"]
        encoded = encoded[-self.parts :]
        if module.norm_cross:
            encoded = module.norm_encoder_hidden_states(encoded)
        query = module.head_to_batch_dim(module.to_q(hidden))
        key = module.head_to_batch_dim(module.to_k(encoded))
        shares = module.get_attention_scores(query, key).float()  # (parts * heads, places, tokens)
        shares = shares.reshape(self.parts, -1, *shares.shape[1:]).mean(dim=1)
        height, width = level(self.latent, shares.shape[1])
        maps = shares.mT.reshape(1, -1, height, width)
        if (height, width) != self._size:
            maps = torch.nn.functional.interpolate(maps, self._size, mode="bilinear", align_corners=False)
        self._sum = maps[0] if self._sum is None else self._sum + maps[0]
        self._layers += 1

    def tokens(self) -> torch.Tensor:
        """Returns float16 (parts * tokens, height, width): the mean over heads and layers.

        At each place the tokens of a part sum to 1.
        """
        assert self._sum is not None, "the network made no call"
        return (self._sum / self._layers).to(torch.float16)


@contextmanager
def probes(
    network: Any, latent: tuple[int, int], parts: int = 1, size: tuple[int, int] | None = None
) -> Generator[Probes]:
    """Watches the network's cross-attention until the block is left, by an error too.

    Args:
        network: a UNet2DConditionModel.
        latent: height and width of the latents it gets.
        parts, size: as in `Probes`.
    """
    seen = Probes(latent, parts, size)
    handles = [module.register_forward_hook(seen.look, with_kwargs=True) for module in cross_attention(network)]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def cross_attention(network: Any) -> list[Any]:
    """Returns the modules by which a U-Net looks at the prompt."""
    return [module for name, module in network.named_modules() if name.rpartition(".")[2] == "attn2"]


def level(latent: tuple[int, int], places: int) -> tuple[int, int]:
    """Height and width of the level of a U-Net with so many places: each has half of the one above, rounded up."""
    height, width = latent
    while height * width > places:
        height, width = (height + 1) // 2, (width + 1) // 2
    assert height * width == places, f"no level of a latent {latent} has {places} places"
    return height, width


class AttentionRecorder:
    """Network calls that keep their attention; stands in for the `PromptCalls` that it is made from.

    Calls of a second pass with a prompt of its own, whose words are others, are left out.

    Probes are there only inside a call, so nothing is left behind wherever a run ends.
    """

    def __init__(
        self,
        calls: PromptCalls,
        network: Any,
        words: Sequence[Sequence[Sequence[Word]]],
        record: AttentionRecord | None,
    ) -> None:
        """Takes the words of each part of the prompt, for each moment of the timeline.

        ``record``: the attention of the calls before, None where there is none.
        """
        self._calls = calls
        self._network = network
        self._said = words
        everything = {_place(word): word for parts in words for part in parts for word in part}
        self._words = tuple(everything[place] for place in sorted(everything))
        self._record = record
        self._size = record.summed.shape[1:] if record is not None else None  # one for both passes
        self._tokens: torch.Tensor | None = None

    def at(self, call: int) -> Predict:
        predict, moment = self._calls.at(call), self._calls.moment(call)
        if moment is None:
            return predict
        parts = len(self._said[moment])

        def watched(x: torch.Tensor, t: Timestep) -> Prediction:
            with probes(self._network, (x.shape[2], x.shape[3]), parts, self._size) as seen:
                prediction = predict(x, t)
            self._tokens = seen.tokens()
            self._size = self._tokens.shape[1:]
            return prediction

        return watched

    def take(self, call: int) -> AttentionRecord | None:
        """Returns the attention so far; the last call was the one of this number, and is waited for."""
        tokens = self.seen()
        return self.record(call, tokens.cpu().numpy() if tokens is not None else None)

    def seen(self) -> torch.Tensor | None:
        """Returns the attention of the last call as `Probes.tokens` has it, once; None if there is none."""
        tokens, self._tokens = self._tokens, None
        return tokens

    def record(self, call: int, tokens: NDArray[np.float16] | None) -> AttentionRecord | None:
        """Takes in what was `seen` in the call of this number, and returns the attention so far."""
        moment = self._calls.moment(call)
        if tokens is not None and moment is not None:
            parts = self._said[moment]
            length = len(tokens) // len(parts)
            said = {
                _place(word): replace(
                    word, first_token=part * length + word.first_token, end_token=part * length + word.end_token
                )
                for part, words in enumerate(parts)
                for word in words
            }
            maps = AttentionMaps.of_tokens(call, self._words, tokens, [said.get(_place(w)) for w in self._words])
            self._record = (
                self._record.with_maps(maps) if self._record is not None else AttentionRecord.begin(maps)
            )
        return self._record


def _place(word: Word) -> tuple[int, int]:
    return word.start, word.end


def attention_recorder(
    prepared: PreparedModel, request: GenerationRequest, calls: PromptCalls, before: AttentionRecord | None = None
) -> AttentionRecorder | None:
    """Returns ``calls`` with probes, None where the network has no attention to words; ``before`` goes on."""
    model, family = prepared.loaded.model, prepared.family
    if not model.capabilities.has_attention_words:
        return None
    counter = TokenCounter.for_model(model).knowing(prepared.loaded.embeddings.sizes)
    words = [
        [counter.words(part.content, request.emphasis) for part in moment.parts]
        for moment in calls.timeline.moments
    ]
    return AttentionRecorder(calls, family.network(), words, before)
