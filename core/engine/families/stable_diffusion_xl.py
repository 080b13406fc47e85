"""Stable Diffusion XL and what was distilled from it (Turbo, Lightning, LCM).

Two CLIP text encoders side by side, a larger U-Net that is also told the size and the crop that its training
picture had (Podell et al. 2023, section 2.2), the same kind of autoencoder. The arithmetic is, call by call, that
of diffusers' StableDiffusionXLPipeline; the tests hold it to that bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from core.engine.decoding.preview_budget import latent_rgb_of
from core.engine.devices.device import DevicePlan
from core.engine.networks.kl_autoencoder import KLAutoencoder
from core.engine.networks.prompt_cache import PromptCache
from core.engine.networks.unet_call import takes_two_passes, unet_call
from core.engine.sampling.denoising import Predict
from core.engine.weights.components import identity_of, load_parts, load_tokenizer, scheduler_config_of
from core.film.latent_rgb import LatentRgb
from core.models.catalogue import Model, pipeline_config
from core.recipes.recipe import ModelIdentity
from core.request.request import GenerationRequest, Size


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A prompt: hidden states (1, tokens, width of both encoders), pooled output of the second one (1, width)."""

    hidden: torch.Tensor
    pooled: torch.Tensor


class StableDiffusionXL:
    """The loaded parts of one checkpoint. See `core.engine.families.Family` for the methods."""

    def __init__(
        self,
        identity: ModelIdentity,
        tokenizers: tuple[Any, Any],
        text_encoders: tuple[Any, Any],
        unet: Any,
        vae: Any,
        scheduler_config: dict[str, Any],
        zeros_for_empty_prompt: bool,
        latent_rgb: LatentRgb | None = None,
    ) -> None:
        """``zeros_for_empty_prompt``: without a negative prompt the network is given zeros, not the empty text."""
        self.identity = identity
        self.scheduler_config = scheduler_config
        self._encoders = tuple(zip(tokenizers, text_encoders, strict=True))
        self._unet = unet
        self._vae = KLAutoencoder(vae)
        self._zeros_for_empty_prompt = zeros_for_empty_prompt
        self._prompts = PromptCache(self._encode_text)
        self.latent_rgb = latent_rgb or latent_rgb_of(vae)

    def latent_shape(self, size: Size) -> tuple[int, int, int]:
        return self._vae.latent_shape(size)

    def knows_prompt(self, request: GenerationRequest) -> bool:
        texts = [request.prompt]
        if takes_two_passes(self._unet, request) and not self._has_zeros(request):
            texts.append(request.negative_prompt)
        return all(self._prompts.knows(text) for text in texts)

    def read_prompt(self, request: GenerationRequest, batch: int) -> Predict:
        halves = [self._prompts.recall(request.prompt)]
        if takes_two_passes(self._unet, request):
            halves.insert(0, self._negative(request, halves[0]))
        hidden = torch.cat([half.hidden.repeat(batch, 1, 1) for half in halves])
        pooled = torch.cat([half.pooled.repeat(batch, 1) for half in halves])
        size = (request.size.height, request.size.width)
        crop_top_left = (0, 0)
        time_ids = torch.tensor([[*size, *crop_top_left, *size]], dtype=hidden.dtype, device=hidden.device)
        added = {"text_embeds": pooled, "time_ids": time_ids.repeat(len(hidden), 1)}
        return unet_call(self._unet, request, batch, hidden, added)

    def encode(self, pixels: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
        return self._vae.encode(pixels, generator)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        return self._vae.decode(latents)

    def autoencoder(self) -> Any:
        return self._vae.module

    def set_autoencoder(self, vae: Any, latent_rgb: LatentRgb) -> None:
        self._vae = KLAutoencoder(fitting(vae, self._unet.dtype))
        self.latent_rgb = latent_rgb

    def network(self) -> Any:
        return self._unet

    def parts(self) -> dict[str, Any]:
        names = ("text_encoder", "text_encoder_2")
        encoders = {name: encoder for name, (_, encoder) in zip(names, self._encoders, strict=True)}
        return encoders | {"unet": self._unet, "vae": self._vae.module}

    def forget_prompts(self) -> None:
        self._prompts.clear()

    def _has_zeros(self, request: GenerationRequest) -> bool:
        return self._zeros_for_empty_prompt and not request.negative_prompt

    def _negative(self, request: GenerationRequest, prompt: Encoded) -> Encoded:
        if self._has_zeros(request):
            return Encoded(torch.zeros_like(prompt.hidden), torch.zeros_like(prompt.pooled))
        return self._prompts.recall(request.negative_prompt)

    def _encode_text(self, text: str) -> Encoded:
        """From the layer before the last of both encoders, as SDXL was trained."""
        hidden: list[torch.Tensor] = []
        pooled: torch.Tensor | None = None
        for tokenizer, encoder in self._encoders:
            tokens = tokenizer(
                text,
                padding="max_length",
                max_length=tokenizer.model_max_length,
                truncation=True,
                return_tensors="pt",
            )
            output = encoder(tokens.input_ids.to(encoder.device), output_hidden_states=True)
            hidden.append(output.hidden_states[-2])
            pooled = output[0]
        assert pooled is not None
        return Encoded(torch.cat(hidden, dim=-1).to(self._unet.dtype), pooled.to(self._unet.dtype))


def fitting(vae: Any, dtype: torch.dtype) -> Any:
    """The autoencoder in a dtype that it can bear: SDXL's own overflows to NaN in float16."""
    return vae.to(torch.float32) if dtype == torch.float16 and vae.config.force_upcast else vae


def load(model: Model, plan: DevicePlan) -> StableDiffusionXL:
    """Loads a diffusers folder or a single file onto the planned device. Raises ModelBroken."""
    folder = model.folder
    kinds = {
        "text_encoder": CLIPTextModel,
        "text_encoder_2": CLIPTextModelWithProjection,
        "unet": UNet2DConditionModel,
        "vae": AutoencoderKL,
    }
    parts = load_parts(model, kinds, plan)
    return StableDiffusionXL(
        identity_of(model, "unet"),
        (
            load_tokenizer(CLIPTokenizer, folder / "tokenizer"),
            load_tokenizer(CLIPTokenizer, folder / "tokenizer_2"),
        ),
        (parts["text_encoder"], parts["text_encoder_2"]),
        parts["unet"],
        fitting(parts["vae"], plan.dtype),
        scheduler_config_of(model),
        zeros_for_empty_prompt=bool(pipeline_config(folder).get("force_zeros_for_empty_prompt", True)),
        latent_rgb=LatentRgb.read(folder),
    )
