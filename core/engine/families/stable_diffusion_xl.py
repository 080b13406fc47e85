"""Stable Diffusion XL and what was distilled from it (Turbo, Lightning, LCM).

Two CLIP text encoders side by side, a larger U-Net that is also told the size and the crop that its training
picture had (Podell et al. 2023, section 2.2), the same kind of autoencoder. The arithmetic is, call by call, that
of diffusers' StableDiffusionXLPipeline; the tests hold it to that bit for bit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from core.engine.families.loaded import LoadedParts
from core.engine.networks.clip_text import ClipEncoder, ClipText, clip_texts, prompt_parts
from core.engine.networks.image_prompts import AnyGuide
from core.engine.networks.unet_call import has_uncond, unet_call
from core.engine.sampling.denoising import Predict
from core.engine.weights.components import load_tokenizer
from core.files.json_file import read_json
from core.models.catalogue import Model
from core.models.folders import INDEX
from core.request.request import GenerationRequest

KINDS = MappingProxyType(
    {
        "text_encoder": CLIPTextModel,
        "text_encoder_2": CLIPTextModelWithProjection,
        "unet": UNet2DConditionModel,
        "vae": AutoencoderKL,
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A prompt: hidden states (1, tokens, width of both encoders), pooled output of the second one (1, width)."""

    hidden: torch.Tensor
    pooled: torch.Tensor


class StableDiffusionXL:
    """See `core.engine.families.loaded.Arithmetic` for the methods."""

    def __init__(self, encoders: Sequence[tuple[Any, Any]], unet: Any, zeros_for_empty_prompt: bool) -> None:
        """Takes both tokenizers, each with its text encoder.

        ``zeros_for_empty_prompt``: without a negative prompt the network is given zeros, not the empty text.
        """
        self.encoders = tuple(ClipEncoder(*encoder, layer=2) for encoder in encoders)
        self._unet = unet
        self._zeros_for_empty_prompt = zeros_for_empty_prompt

    def texts(self, request: GenerationRequest) -> tuple[ClipText, ...]:
        has_zeros = self._zeros_for_empty_prompt and not request.negative_prompt
        return clip_texts(request, has_uncond(self._unet, request) and not has_zeros, self.encoders)

    def encode_prompt(self, text: ClipText) -> Encoded:
        """Returns the layer before the last of both encoders, as SDXL was trained."""
        hidden, outputs = zip(*(encoder.read(text) for encoder in self.encoders), strict=True)
        return Encoded(torch.cat(hidden, dim=-1).to(self._unet.dtype), outputs[-1].to(self._unet.dtype))

    def predict(
        self,
        request: GenerationRequest,
        batch: int,
        encoded: Sequence[Encoded],
        guides: Sequence[AnyGuide] = (),
    ) -> Predict:
        halves = list(encoded)
        if has_uncond(self._unet, request) and len(halves) == len(prompt_parts(request)):
            prompt = halves[0]
            halves.insert(0, Encoded(torch.zeros_like(prompt.hidden), torch.zeros_like(prompt.pooled)))
        hidden = torch.cat([half.hidden.repeat(batch, 1, 1) for half in halves])
        pooled = torch.cat([half.pooled.repeat(batch, 1) for half in halves])
        size = (request.size.height, request.size.width)
        crop_top_left = (0, 0)
        time_ids = torch.tensor([[*size, *crop_top_left, *size]], dtype=hidden.dtype, device=hidden.device)
        added = {"text_embeds": pooled, "time_ids": time_ids.repeat(len(hidden), 1)}
        return unet_call(self._unet, request, batch, hidden, added, guides)

    def schedule_options(self, request: GenerationRequest, config: Mapping[str, Any]) -> Mapping[str, Any]:
        return {}


def load(model: Model, parts: LoadedParts) -> StableDiffusionXL:
    """Adds the tokenizers. Raises ModelBroken."""
    names = {"tokenizer": "text_encoder", "tokenizer_2": "text_encoder_2"}
    encoders = [
        (load_tokenizer(CLIPTokenizer, model.folder / tokenizer), parts.text_encoders[encoder])
        for tokenizer, encoder in names.items()
    ]
    zeros = bool(read_json(model.folder / INDEX).get("force_zeros_for_empty_prompt", True))
    return StableDiffusionXL(encoders, parts.network, zeros)
