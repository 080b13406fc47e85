"""Stable Diffusion 1.x and 2.x, what was distilled from them (LCM), and the starter model.

A CLIP text encoder, a U-Net with cross-attention, a KL-regularised autoencoder (Rombach et al. 2022). The
arithmetic is, call by call, that of diffusers' StableDiffusionPipeline; the tests hold it to that bit for bit.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from core.engine.decoding.preview_budget import latent_rgb_of
from core.engine.devices.device import DevicePlan
from core.engine.networks.kl_autoencoder import KLAutoencoder
from core.engine.networks.prompt_cache import PromptCache
from core.engine.networks.unet_call import takes_two_passes, unet_call
from core.engine.sampling.denoising import Predict
from core.engine.weights.components import identity_of, load_parts, load_tokenizer, scheduler_config_of
from core.film.latent_rgb import LatentRgb
from core.models.catalogue import Model
from core.recipes.recipe import ModelIdentity
from core.request.request import GenerationRequest, Size


class StableDiffusion:
    """The loaded parts of one checkpoint. See `core.engine.families.Family` for the methods."""

    def __init__(
        self,
        identity: ModelIdentity,
        tokenizer: Any,
        text_encoder: Any,
        unet: Any,
        vae: Any,
        scheduler_config: dict[str, Any],
        latent_rgb: LatentRgb | None = None,
    ) -> None:
        self.identity = identity
        self.scheduler_config = scheduler_config
        self._tokenizer = tokenizer
        self._text_encoder = text_encoder
        self._unet = unet
        self._vae = KLAutoencoder(vae)
        self._prompts = PromptCache(self._encode_text)
        self.latent_rgb = latent_rgb or latent_rgb_of(vae)

    def latent_shape(self, size: Size) -> tuple[int, int, int]:
        return self._vae.latent_shape(size)

    def knows_prompt(self, request: GenerationRequest) -> bool:
        return all(self._prompts.knows(text) for text in self._texts(request))

    def read_prompt(self, request: GenerationRequest, batch: int) -> Predict:
        # (batch [* 2 with guidance: negative prompt first], tokens, width), in the order of the stock pipeline
        embeddings = [self._prompts.recall(text).repeat(batch, 1, 1) for text in self._texts(request)]
        return unet_call(self._unet, request, batch, torch.cat(embeddings))

    def encode(self, pixels: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
        return self._vae.encode(pixels, generator)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        return self._vae.decode(latents)

    def autoencoder(self) -> Any:
        return self._vae.module

    def set_autoencoder(self, vae: Any, latent_rgb: LatentRgb) -> None:
        self._vae = KLAutoencoder(vae)
        self.latent_rgb = latent_rgb

    def network(self) -> Any:
        return self._unet

    def parts(self) -> dict[str, Any]:
        return {"text_encoder": self._text_encoder, "unet": self._unet, "vae": self._vae.module}

    def forget_prompts(self) -> None:
        self._prompts.clear()

    def _texts(self, request: GenerationRequest) -> tuple[str, ...]:
        if takes_two_passes(self._unet, request):
            return request.negative_prompt, request.prompt
        return (request.prompt,)

    def _encode_text(self, text: str) -> torch.Tensor:
        """Hidden states (1, tokens, width) of the last layer."""
        tokens = self._tokenizer(
            text,
            padding="max_length",
            max_length=self._tokenizer.model_max_length,
            truncation=True,
            return_tensors="pt",
        )
        device = self._text_encoder.device
        # SD 2.x encoders want the mask, SD 1.x ones were trained to attend to the padding
        uses_mask = getattr(self._text_encoder.config, "use_attention_mask", False)
        mask = tokens.attention_mask.to(device) if uses_mask else None
        embedding = self._text_encoder(tokens.input_ids.to(device), attention_mask=mask)[0]
        return embedding.to(self._unet.dtype)


def load(model: Model, plan: DevicePlan) -> StableDiffusion:
    """Loads a diffusers folder or a single file onto the planned device. Raises ModelBroken."""
    kinds = {"text_encoder": CLIPTextModel, "unet": UNet2DConditionModel, "vae": AutoencoderKL}
    return StableDiffusion(
        identity_of(model, "unet"),
        load_tokenizer(CLIPTokenizer, model.folder / "tokenizer"),
        **load_parts(model, kinds, plan),
        scheduler_config=scheduler_config_of(model),
        latent_rgb=LatentRgb.read(model.folder),
    )
