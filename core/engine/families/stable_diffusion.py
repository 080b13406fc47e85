"""Stable Diffusion 1.x and 2.x, what was distilled from them (LCM), and the starter model.

A CLIP text encoder, a U-Net with cross-attention, a KL-regularised autoencoder (Rombach et al. 2022). The
arithmetic is, call by call, that of diffusers' StableDiffusionPipeline; the tests hold it to that bit for bit.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from core.engine.families.loaded import LoadedParts
from core.engine.networks.clip_text import ClipEncoder, ClipText, clip_texts
from core.engine.networks.image_prompts import AnyGuide
from core.engine.networks.unet_call import has_uncond, unet_call
from core.engine.sampling.denoising import Predict
from core.engine.weights.components import load_tokenizer
from core.models.catalogue import Model
from core.request.request import GenerationRequest

KINDS = MappingProxyType({"text_encoder": CLIPTextModel, "unet": UNet2DConditionModel, "vae": AutoencoderKL})


class StableDiffusion:
    """See `core.engine.families.loaded.Arithmetic` for the methods."""

    def __init__(self, tokenizer: Any, text_encoder: Any, unet: Any) -> None:
        # SD 2.x encoders want the mask, SD 1.x ones were trained to attend to the padding
        takes_mask = getattr(text_encoder.config, "use_attention_mask", False)
        self.encoders = (ClipEncoder(tokenizer, text_encoder, 1, is_normed=True, takes_mask=takes_mask),)
        self._unet = unet

    def texts(self, request: GenerationRequest) -> tuple[ClipText, ...]:
        return clip_texts(request, has_uncond(self._unet, request), self.encoders)

    def encode_prompt(self, text: ClipText) -> torch.Tensor:
        """Returns hidden states (1, tokens, width) of the last layer, behind the final norm."""
        return self.encoders[0].read(text)[0].to(self._unet.dtype)

    def predict(
        self,
        request: GenerationRequest,
        batch: int,
        encoded: Sequence[torch.Tensor],
        guides: Sequence[AnyGuide] = (),
    ) -> Predict:
        # (batch [* 2 with guidance: negative prompt first], tokens, width), in the order of the stock pipeline
        embeddings = torch.cat([text.repeat(batch, 1, 1) for text in encoded])
        return unet_call(self._unet, request, batch, embeddings, guides=guides)

    def schedule_options(self, request: GenerationRequest, config: Mapping[str, Any]) -> Mapping[str, Any]:
        return {}


def load(model: Model, parts: LoadedParts) -> StableDiffusion:
    """Adds the tokenizer. Raises ModelBroken."""
    tokenizer = load_tokenizer(CLIPTokenizer, model.folder / "tokenizer")
    return StableDiffusion(tokenizer, parts.text_encoders["text_encoder"], parts.network)
