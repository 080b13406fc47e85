"""Chroma: the transformer of FLUX.1 that reads with T5 alone, and real guidance in the place of an embedded scale.

The arithmetic is, call by call, that of diffusers' ChromaPipeline; the tests hold it to that bit for bit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.transformers.transformer_chroma import ChromaTransformer2DModel
from transformers import T5EncoderModel, T5Tokenizer

from core.engine.families.loaded import LoadedParts
from core.engine.networks.autoencoders import autoencoder_of
from core.engine.networks.joined_places import PATCH, latents_of, positions_of, tokens_in
from core.engine.sampling.denoising import Predict, Timestep
from core.engine.sampling.guidance import Prediction
from core.engine.sampling.size_shift import shift_by_tokens, tokens_of
from core.engine.weights.components import load_tokenizer
from core.families.chroma import SPEC
from core.models.model import Model
from core.request.request import GenerationRequest

KINDS = MappingProxyType(
    {"text_encoder": T5EncoderModel, "transformer": ChromaTransformer2DModel, "vae": AutoencoderKL}
)
TRAIN_TIMESTEPS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A prompt: hidden states (1, tokens, width), and 1 for each token that is seen, (1, tokens)."""

    hidden: torch.Tensor
    mask: torch.Tensor


class Chroma:
    """See `core.engine.families.loaded.Arithmetic` for the methods."""

    def __init__(self, tokenizer: Any, text_encoder: Any, transformer: Any, factor: int) -> None:
        """``factor``: pixels along a side for each place of a latent."""
        self._tokenizer = tokenizer
        self._text_encoder = text_encoder
        self._transformer = transformer
        self._factor = factor

    def texts(self, request: GenerationRequest) -> tuple[str, ...]:
        return (request.prompt, request.negative_prompt) if request.has_guidance else (request.prompt,)

    def encode_prompt(self, text: str) -> Encoded:
        """Has the network see the text and the first token of the padding, as it was trained."""
        most, device = SPEC.tokenizer.max_tokens, self._text_encoder.device
        tokens = self._tokenizer(
            [text], padding="max_length", max_length=most, truncation=True, return_tensors="pt"
        )
        mask = tokens.attention_mask.to(device)
        hidden = self._text_encoder(tokens.input_ids.to(device), attention_mask=mask)[0]
        seen = torch.arange(mask.shape[1], device=device)[None] <= mask.sum(dim=1, keepdim=True)
        dtype = self._transformer.dtype
        return Encoded(hidden.to(dtype), seen.to(dtype))

    def predict(self, request: GenerationRequest, batch: int, encoded: Sequence[Encoded]) -> Predict:
        texts = [(text.hidden.repeat(batch, 1, 1), text.mask.repeat(batch, 1)) for text in encoded]
        dtype = self._transformer.dtype

        def predict(x: torch.Tensor, t: Timestep) -> Prediction:
            tokens, time = tokens_in(x).to(dtype), t.tensor.float().expand(batch) / TRAIN_TIMESTEPS
            whole = torch.ones(tokens.shape[:2], device=x.device, dtype=dtype)

            def velocity(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
                output = self._transformer(
                    hidden_states=tokens,
                    timestep=time,
                    encoder_hidden_states=hidden,
                    txt_ids=torch.zeros(hidden.shape[1], 3, device=x.device, dtype=dtype),
                    img_ids=positions_of(x).to(dtype),
                    attention_mask=torch.cat([mask.to(x.device), whole], dim=1),
                    return_dict=False,
                )[0]
                return latents_of(output, x.shape)

            uncond = velocity(*texts[1]) if len(texts) > 1 else None
            return Prediction(velocity(*texts[0]), uncond)

        return predict

    def schedule_options(self, request: GenerationRequest, config: Mapping[str, Any]) -> Mapping[str, Any]:
        return shift_by_tokens(tokens_of(request.size, self._factor * PATCH), config)


class NoGuidance(torch.nn.Module):
    """Stands in for the projection of Chroma's guidance, which is always 0.

    diffusers projects it on the processor in each call, and the copy to the device waits for all that it has to do
    (``ChromaCombinedTimestepTextProjEmbeddings``).
    """

    def __init__(self, projection: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.register_buffer("projected", projection(torch.zeros(1, dtype=torch.int64)), persistent=False)

    def forward(self, guidance: torch.Tensor) -> torch.Tensor:
        """Returns (batch, channels) for a guidance of (batch,), on the network's device."""
        return self.get_buffer("projected").expand(len(guidance), -1)


def load(model: Model, parts: LoadedParts) -> Chroma:
    """Adds the tokenizer, and computes the embedding of a guidance of 0 once. Raises ModelBroken."""
    times: Any = parts.network.time_text_embed
    times.guidance_proj = NoGuidance(times.guidance_proj)
    tokenizer = load_tokenizer(T5Tokenizer, model.folder / "tokenizer")
    factor = autoencoder_of(parts.vae).factor
    return Chroma(tokenizer, parts.text_encoders["text_encoder"], parts.network, factor)
