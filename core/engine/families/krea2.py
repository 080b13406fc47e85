"""Krea 2, Turbo and Raw: one stream of image and text tokens, the text from twelve layers of Qwen3-VL.

The arithmetic is, call by call, that of diffusers' Krea2Pipeline; the tests hold it to that bit for bit. Its
guidance scale there is one lower than ours: ``cond + g' (cond - uncond)``, off at 0.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_qwenimage import AutoencoderKLQwenImage
from diffusers.models.transformers.transformer_krea2 import Krea2Transformer2DModel
from transformers import Qwen2Tokenizer, Qwen3VLModel

from core.engine.families.loaded import LoadedParts
from core.engine.networks.autoencoders import autoencoder_of
from core.engine.networks.joined_places import PATCH, latents_of, positions_of, tokens_in
from core.engine.sampling.denoising import Predict, Timestep
from core.engine.sampling.guidance import Prediction
from core.engine.sampling.size_shift import shift_by_tokens, tokens_of
from core.engine.weights.components import load_tokenizer
from core.families.krea2 import SPEC
from core.families.qwen_image import AFTER, BEFORE, DROPPED
from core.files.json_file import read_json
from core.models.folders import INDEX
from core.models.model import Model
from core.request.request import GenerationRequest

KINDS = MappingProxyType(
    {"text_encoder": Qwen3VLModel, "transformer": Krea2Transformer2DModel, "vae": AutoencoderKLQwenImage}
)
TRAIN_TIMESTEPS = 1000
LAYERS = (2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 32, 35)
"""Of the text encoder, of which the states are read, where ``model_index.json`` does not say it."""

SUFFIX_TOKENS = 5
"""That stand behind the padding; the prompt and its padding have that many fewer."""

DISTILLED_SHIFT = math.exp(1.15)
"""Of Turbo, for every size."""


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A prompt: hidden states (1, tokens, layers, width), and True for each token that is seen, (1, tokens)."""

    hidden: torch.Tensor
    mask: torch.Tensor


class Krea2:
    """See `core.engine.families.loaded.Arithmetic` for the methods."""

    def __init__(
        self,
        tokenizer: Any,
        text_encoder: Any,
        transformer: Any,
        factor: int,
        layers: Sequence[int],
        has_guidance: bool,
    ) -> None:
        """``factor``: pixels along a side for each place. ``has_guidance``: it was not distilled to need none."""
        self._tokenizer = tokenizer
        self._text_encoder = text_encoder
        self._transformer = transformer
        self._factor = factor
        self._layers = tuple(layers)
        self._has_guidance = has_guidance

    def texts(self, request: GenerationRequest) -> tuple[str, ...]:
        has_both = self._has_guidance and request.has_guidance
        return (request.prompt, request.negative_prompt) if has_both else (request.prompt,)

    def encode_prompt(self, text: str) -> Encoded:
        """Pads between the prompt and the end of its frame; positions count the tokens that are no padding."""
        device = self._text_encoder.device
        assert SPEC.tokenizer.max_tokens is not None
        most = SPEC.tokenizer.max_tokens - SUFFIX_TOKENS
        start = self._tokenizer(
            [f"{BEFORE}{text}"], truncation=True, padding="max_length", max_length=most, return_tensors="pt"
        )
        end = self._tokenizer([AFTER], return_tensors="pt")
        ids, mask = (
            torch.cat([start[name], end[name]], dim=1).to(device) for name in ("input_ids", "attention_mask")
        )
        positions = (mask.cumsum(dim=-1) - 1).clamp(min=0)
        output = self._text_encoder(
            input_ids=ids,
            attention_mask=mask.bool(),
            position_ids=positions[None].expand(3, -1, -1),  # time, row and column, which are the same for text
            output_hidden_states=True,
        )
        hidden = torch.stack([output.hidden_states[layer] for layer in self._layers], dim=2)
        return Encoded(hidden[:, DROPPED:].to(self._transformer.dtype), mask[:, DROPPED:].bool())

    def predict(self, request: GenerationRequest, batch: int, encoded: Sequence[Encoded]) -> Predict:
        texts = [(text.hidden.repeat(batch, 1, 1, 1), text.mask.repeat(batch, 1)) for text in encoded]
        dtype = self._transformer.dtype

        def predict(x: torch.Tensor, t: Timestep) -> Prediction:
            tokens, time = tokens_in(x).to(dtype), (t.tensor.float() / TRAIN_TIMESTEPS).expand(batch)

            def velocity(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
                of_text = torch.zeros(hidden.shape[1], 3, device=x.device)
                output = self._transformer(
                    hidden_states=tokens,
                    encoder_hidden_states=hidden,
                    timestep=time,
                    position_ids=torch.cat([of_text, positions_of(x).float()]),
                    encoder_attention_mask=mask.to(x.device),
                    return_dict=False,
                )[0]
                return latents_of(output, x.shape)

            uncond = velocity(*texts[1]) if len(texts) > 1 else None
            return Prediction(velocity(*texts[0]), uncond, anchor="cond")

        return predict

    def schedule_options(self, request: GenerationRequest, config: Mapping[str, Any]) -> Mapping[str, Any]:
        if config.get("use_dynamic_shifting") and not self._has_guidance:
            return {"shift": DISTILLED_SHIFT}
        return shift_by_tokens(
            tokens_of(request.size, self._factor * PATCH), {"max_image_seq_len": 6400, **config}
        )


def load(model: Model, parts: LoadedParts) -> Krea2:
    """Adds the tokenizer. Raises ModelBroken."""
    tokenizer = load_tokenizer(Qwen2Tokenizer, model.folder / "tokenizer")
    layers = read_json(model.folder / INDEX).get("text_encoder_select_layers") or LAYERS
    factor, has_guidance = autoencoder_of(parts.vae).factor, model.capabilities.has_negative_prompt
    encoder = parts.text_encoders["text_encoder"]
    return Krea2(tokenizer, encoder, parts.network, factor, layers, has_guidance)
