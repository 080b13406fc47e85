"""Reads prompts with CLIP's text encoders (Radford et al. 2021), for the families that have such ones.

Long prompts, weights and embeddings act as in AUTOMATIC1111's program (``sd_hijack_clip.py`` and
``sd_emphasis.py`` there, ``backend/text_processing`` of Forge): the chunks are read one by one and stand one
behind the other for the network.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch

from core.errors import InvalidRequest
from core.language.words import tr
from core.prompt.chunks import COMMA, MARKS, NO_EMBEDDINGS, Chunk, ChunkRules, Embeddings, Slot, chunked, padded
from core.prompt.parts import Part, parts_of
from core.prompt.placed import PlacedText
from core.prompt.weights import plain, weighted
from core.request.request import GenerationRequest
from core.request.settings.emphasis import PLAIN

LARGEST_WEIGHT = 1000.0
"""Beyond it the numbers of half precision overflow; pictures are noise long before."""


@dataclass(frozen=True, slots=True)
class ClipText:
    """A text with all that changes what is read in it: the key under which that is remembered.

    Attributes:
        chunks: how many there are of it, the last ones empty where the text has fewer.
    """

    text: str
    clip_skip: int = 1
    emphasis: str = "original"
    chunks: int = 1


@dataclass(slots=True, eq=False)
class ClipEncoder:
    """A tokenizer with its text encoder.

    Attributes:
        layer: the layer that the family's network was trained with, counted from 1 at the end.
        is_normed: the final norm follows, whichever layer it is.
        takes_mask: padding is left out.
        embeddings: the textual inversion embeddings that a prompt may name.
        vectors: theirs, (number, width) each, by name.
    """

    tokenizer: Any
    encoder: Any
    layer: int
    is_normed: bool = False
    takes_mask: bool = False
    embeddings: Embeddings = field(default_factory=lambda: NO_EMBEDDINGS)
    vectors: Mapping[str, torch.Tensor] = field(default_factory=dict[str, torch.Tensor])
    _comma: int | None = field(init=False)

    def __post_init__(self) -> None:
        comma = self.tokenizer.convert_tokens_to_ids(COMMA)  # all of the vocabulary would take 30 ms
        self._comma = comma if self.tokenizer.convert_ids_to_tokens(comma) == COMMA else None

    def tokens_of(self, text: str) -> list[int]:
        """Returns the tokens of a text, all of them and without marks."""
        # by verbose=False it does not log that a text is longer than the encoder
        return self.tokenizer(text, truncation=False, add_special_tokens=False, verbose=False)["input_ids"]

    def chunks(self, text: str, emphasis: str) -> tuple[Chunk, ...]:
        """Returns the tokens of a text with their weights. Raises InvalidRequest for absurd ones."""
        length = self.encoder.config.max_position_embeddings - MARKS
        if emphasis == PLAIN:
            return (
                tuple(Slot(token, 1.0, (0, place)) for place, token in enumerate(self.tokens_of(text)[:length])),
            )
        content = PlacedText.whole(text)
        runs = (plain if emphasis == "none" else weighted)(content).runs
        for run in runs:
            if not abs(run.weight) <= LARGEST_WEIGHT and not run.is_break:
                raise InvalidRequest(
                    "weight",
                    tr("{weight:g} of {value}", weight=run.weight, value=run.text.strip()[:40]),
                    tr("at most 1000"),
                )
        return chunked(runs, self.tokens_of, ChunkRules(length, self._comma, self.embeddings))

    def read(self, text: ClipText) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns hidden states (1, tokens, width) and the encoder's own output for the first chunk."""
        chunks = padded(self.chunks(text.text, text.emphasis), text.chunks)
        read = [self._read_chunk(chunk, text) for chunk in chunks]
        return torch.cat([hidden for hidden, _ in read], dim=1), read[0][1]

    def _read_chunk(self, chunk: Chunk, text: ClipText) -> tuple[torch.Tensor, torch.Tensor]:
        ids, mask = self._framed(chunk)
        with self._given_vectors(chunk):
            output = self.encoder(ids, attention_mask=mask, output_hidden_states=True)
        states = output.hidden_states  # of the embeddings, then of each layer
        hidden = states[-min(max(self.layer, text.clip_skip), len(states))]
        if self.is_normed:
            hidden = output[0] if text.clip_skip == 1 else self.encoder.final_layer_norm(hidden)
        return emphasised(hidden, [slot.weight for slot in chunk], text.emphasis), output[0]

    def _framed(self, chunk: Chunk) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Returns a chunk's tokens between their marks (1, positions), and the mask of what is no padding."""
        start, end, padding = (getattr(self.tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad"))
        positions = self.encoder.config.max_position_embeddings
        ids = [start, *(slot.token for slot in chunk), end]
        if padding != end:
            ids = ids[: ids.index(end) + 1]  # a mark that stands in the text ends it
        mask = None
        if self.takes_mask:
            mask = torch.tensor([[1] * len(ids) + [0] * (positions - len(ids))], device=self.encoder.device)
        ids += [padding] * (positions - len(ids))
        return torch.tensor([ids], device=self.encoder.device), mask

    def _given_vectors(self, chunk: Chunk) -> AbstractContextManager[object]:
        """Puts the vectors of embeddings in the place of their tokens, until the block is left."""
        named = [(place + 1, slot.embedding) for place, slot in enumerate(chunk) if slot.embedding is not None]
        if not named:
            return nullcontext()

        def put(_module: Any, _arguments: Any, output: torch.Tensor) -> torch.Tensor:
            changed = output.clone()
            for place, (name, number) in named:
                changed[0, place] = self.vectors[name][number].to(output)
            return changed

        return self.encoder.get_input_embeddings().register_forward_hook(put)


def emphasised(hidden: torch.Tensor, weights: Sequence[float], mode: str) -> torch.Tensor:
    """Returns the hidden states (1, tokens, width) of a chunk with the weights of its words, without its marks.

    Without any weight they are what they were, to the bit.
    """
    if mode in ("ignore", "none") or all(weight == 1.0 for weight in weights):
        return hidden
    factors = torch.ones(hidden.shape[1])
    factors[1 : len(weights) + 1] = torch.tensor(weights)
    changed = hidden.float() * factors.to(hidden.device)[None, :, None]
    if mode == "original":
        ratio = hidden.float().mean() / changed.mean()
        changed = changed * (ratio if ratio.isfinite() else 1.0)
    return changed.to(hidden.dtype)


def prompt_parts(request: GenerationRequest) -> tuple[Part, ...]:
    """Returns the parts of the prompt between which ``AND`` stands."""
    whole = PlacedText.whole(request.prompt)
    return (Part(whole),) if request.emphasis == PLAIN else parts_of(whole)


def clip_texts(
    request: GenerationRequest, has_negative: bool, encoders: Sequence[ClipEncoder]
) -> tuple[ClipText, ...]:
    """Returns the texts of a run, the negative prompt first, which is read from the usual layer.

    All of them, and both encoders, have the number of chunks of the longest.
    """
    parts = [part.content.text for part in prompt_parts(request)]
    texts = [(request.negative_prompt, 1)] * has_negative + [(text, request.clip_skip) for text in parts]
    mode = request.emphasis
    chunks = max(len(encoder.chunks(text, mode)) for text, _ in texts for encoder in encoders)
    return tuple(ClipText(text, layer, mode, chunks) for text, layer in texts)
