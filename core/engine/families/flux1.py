"""FLUX.1: a flow-matching transformer of two streams that become one; CLIP gives its tone, T5 the words.

The guidance scale is an input of the network (dev, Krea dev), or there is none (schnell). The arithmetic is, call
by call, that of diffusers' FluxPipeline (Black Forest Labs 2024); the tests hold it to that bit for bit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from transformers import CLIPTextModel, CLIPTokenizer, T5EncoderModel, T5Tokenizer

from core.engine.families.loaded import LoadedParts
from core.engine.networks.autoencoders import autoencoder_of
from core.engine.networks.block_guides import FluxResiduals
from core.engine.networks.guides import Guide
from core.engine.networks.joined_places import PATCH, latents_of, positions_of, tokens_in
from core.engine.sampling.denoising import Predict, Timestep
from core.engine.sampling.guidance import Prediction
from core.engine.sampling.size_shift import shift_by_tokens, tokens_of
from core.engine.weights.components import load_tokenizer
from core.families.flux1 import SPEC
from core.models.model import Model
from core.request.request import GenerationRequest

KINDS = MappingProxyType(
    {
        "text_encoder": CLIPTextModel,
        "text_encoder_2": T5EncoderModel,
        "transformer": FluxTransformer2DModel,
        "vae": AutoencoderKL,
    }
)
TRAIN_TIMESTEPS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A prompt: hidden states of T5 (1, tokens, width), pooled output of CLIP (1, width)."""

    hidden: torch.Tensor
    pooled: torch.Tensor


class Flux1:
    """See `core.engine.families.loaded.Arithmetic` for the methods."""

    def __init__(self, tokenizers: Sequence[Any], text_encoders: Sequence[Any], network: Any, factor: int) -> None:
        """Takes CLIP and T5; ``factor``: pixels along a side for each place of a latent."""
        self._tokenizers = tokenizers
        self._text_encoders = text_encoders
        self._transformer = network
        self._factor = factor

    def texts(self, request: GenerationRequest) -> tuple[str, ...]:
        return (request.prompt,)

    def encode_prompt(self, text: str) -> Encoded:
        """Reads 77 tokens by CLIP and 512 by T5, padding included, as the network was trained."""
        clip, t5 = self._text_encoders
        lengths = (self._tokenizers[0].model_max_length, SPEC.tokenizer.max_tokens)
        clip_ids, t5_ids = (
            tokenizer(
                [text], padding="max_length", max_length=length, truncation=True, return_tensors="pt"
            ).input_ids
            for tokenizer, length in zip(self._tokenizers, lengths, strict=True)
        )
        pooled = clip(clip_ids.to(clip.device), output_hidden_states=False).pooler_output
        hidden = t5(t5_ids.to(t5.device), output_hidden_states=False)[0]
        dtype = self._transformer.dtype
        return Encoded(hidden.to(dtype), pooled.to(dtype))

    def predict(
        self, request: GenerationRequest, batch: int, encoded: Sequence[Encoded], guides: Sequence[Guide] = ()
    ) -> Predict:
        hidden, pooled = encoded[0].hidden.repeat(batch, 1, 1), encoded[0].pooled.repeat(batch, 1)
        dtype, scale = self._transformer.dtype, request.guidance_scale
        is_guided = self._transformer.config.guidance_embeds
        residuals = FluxResiduals(guides, self._transformer, hidden) if guides else None

        def predict(x: torch.Tensor, t: Timestep) -> Prediction:
            guidance = torch.full([1], scale, device=x.device).expand(batch) if is_guided else None
            call: dict[str, Any] = {
                "hidden_states": tokens_in(x).to(dtype),
                "timestep": t.tensor.float().expand(batch) / TRAIN_TIMESTEPS,
                "pooled_projections": pooled,
                "encoder_hidden_states": hidden,
                "txt_ids": torch.zeros(hidden.shape[1], 3, device=x.device, dtype=dtype),
                "img_ids": positions_of(x).to(dtype),
            }
            added = residuals.of(call, scale) if residuals is not None else {}
            output = self._transformer(**call, **added, guidance=guidance, return_dict=False)[0]
            return Prediction(latents_of(output, x.shape), None)

        return predict

    def schedule_options(self, request: GenerationRequest, config: Mapping[str, Any]) -> Mapping[str, Any]:
        return shift_by_tokens(tokens_of(request.size, self._factor * PATCH), config)


def load(model: Model, parts: LoadedParts) -> Flux1:
    """Adds the tokenizers. Raises ModelBroken."""
    kinds = {"tokenizer": CLIPTokenizer, "tokenizer_2": T5Tokenizer}
    tokenizers = [load_tokenizer(kind, model.folder / name) for name, kind in kinds.items()]
    encoders = [parts.text_encoders[name] for name in SPEC.text_encoders]
    return Flux1(tokenizers, encoders, parts.network, autoencoder_of(parts.vae).factor)
