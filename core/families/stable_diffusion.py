"""Stable Diffusion 1.x and 2.x, what was distilled from them (LCM), and the starter model.

A CLIP text encoder, a U-Net with cross-attention, a KL-regularised autoencoder (Rombach et al. 2022). The
arithmetic is, call by call, that of diffusers' StableDiffusionPipeline; the tests hold it to that bit for bit.
"""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from safetensors import SafetensorError
from transformers import CLIPTextModel, CLIPTokenizer

from core.catalogue import Model
from core.checkpoint_files import short_hash, weights_of
from core.device import DevicePlan
from core.errors import ModelBroken
from core.film import ModelIdentity
from core.guidance import Prediction
from core.latent_rgb import LatentRgb
from core.preview import latent_rgb_of
from core.request import GenerationRequest, Size

REMEMBERED_PROMPTS = 32


class StableDiffusion:
    """The loaded parts of one checkpoint. See `core.families.Family` for the methods."""

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
        self._vae = vae
        self._embeddings: OrderedDict[str, torch.Tensor] = OrderedDict()
        self.latent_rgb = latent_rgb or latent_rgb_of(vae)

    def latent_shape(self, size: Size) -> tuple[int, int, int]:
        factor = 2 ** (len(self._vae.config.block_out_channels) - 1)
        return self._unet.config.in_channels, size.height // factor, size.width // factor

    def knows_prompt(self, request: GenerationRequest) -> bool:
        return all(text in self._embeddings for text in self._texts(request))

    def read_prompt(
        self, request: GenerationRequest, batch: int
    ) -> Callable[[torch.Tensor, torch.Tensor], Prediction]:
        # (batch [* 2 with guidance: negative prompt first], tokens, width), in the order of the stock pipeline
        embeddings = torch.cat([self._encode(text).repeat(batch, 1, 1) for text in self._texts(request)])
        has_uncond = self._uses_two_passes(request)
        guidance_embedding = self._guidance_embedding(request.guidance_scale, batch)

        def predict(x: torch.Tensor, t: torch.Tensor) -> Prediction:
            x = x.to(self._unet.dtype)
            output = self._unet(
                torch.cat([x, x]) if has_uncond else x,
                t,
                encoder_hidden_states=embeddings,
                timestep_cond=guidance_embedding,
                return_dict=False,
            )[0]
            if not has_uncond:
                return Prediction(cond=output, uncond=None)
            uncond, cond = output.chunk(2)
            return Prediction(cond, uncond)

        return predict

    def encode(self, pixels: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        posterior = self._vae.encode(pixels.to(self._vae.dtype)).latent_dist
        mean, std = posterior.mean.float(), posterior.std.float()
        noise = torch.randn(mean.shape, generator=generator).to(mean.device)
        return self._vae.config.scaling_factor * (mean + std * noise)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        latents = latents.to(self._vae.dtype) / self._vae.config.scaling_factor
        return self._vae.decode(latents, return_dict=False)[0]

    def autoencoder(self) -> Any:
        return self._vae

    def network(self) -> Any:
        return self._unet

    def _uses_two_passes(self, request: GenerationRequest) -> bool:
        """Guidance-distilled networks take the scale as an input instead (Meng et al. 2023)."""
        return request.has_guidance and self._unet.config.time_cond_proj_dim is None

    def _texts(self, request: GenerationRequest) -> tuple[str, ...]:
        if self._uses_two_passes(request):
            return request.negative_prompt, request.prompt
        return (request.prompt,)

    def _encode(self, text: str) -> torch.Tensor:
        """Hidden states (1, tokens, width) of the last layer, remembered by text."""
        if text in self._embeddings:
            self._embeddings.move_to_end(text)
            return self._embeddings[text]
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
        self._embeddings[text] = embedding.to(self._unet.dtype)
        if len(self._embeddings) > REMEMBERED_PROMPTS:
            self._embeddings.popitem(last=False)
        return self._embeddings[text]

    def _guidance_embedding(self, scale: float, batch: int) -> torch.Tensor | None:
        """Sinusoidal embedding of the guidance scale w = scale - 1 (batch, width); None for ordinary networks."""
        width = self._unet.config.time_cond_proj_dim
        if width is None:
            return None
        w = 1000.0 * torch.tensor(scale - 1).repeat(batch)
        half = width // 2
        frequencies = torch.exp(torch.arange(half, dtype=torch.float32) * -(math.log(10000.0) / (half - 1)))
        angles = w[:, None] * frequencies[None, :]  # (batch, width / 2)
        embedding = torch.cat([angles.sin(), angles.cos()], dim=1)
        return torch.nn.functional.pad(embedding, (0, width % 2)).to(self._unet.device, self._unet.dtype)


def load(model: Model, plan: DevicePlan) -> StableDiffusion:
    """Loads a diffusers folder onto the planned device. Raises ModelBroken."""
    unet_files, _ = weights_of(model.folder / "unet")
    parts = {
        name: _component(kind, model.folder / name, plan)
        for name, kind in (("text_encoder", CLIPTextModel), ("unet", UNet2DConditionModel), ("vae", AutoencoderKL))
    }
    try:
        tokenizer = CLIPTokenizer.from_pretrained(model.folder / "tokenizer", local_files_only=True)
        scheduler_config = json.loads((model.folder / "scheduler" / "scheduler_config.json").read_text("utf-8"))
    except (OSError, ValueError, TypeError) as error:
        raise ModelBroken(
            model.folder, f"its tokenizer or scheduler configuration cannot be read ({error})"
        ) from error
    identity = ModelIdentity(model.key, model.name, model.family, short_hash(unet_files[0]))
    return StableDiffusion(
        identity, tokenizer, **parts, scheduler_config=scheduler_config, latent_rgb=LatentRgb.read(model.folder)
    )


def _component(kind: Any, folder: Path, plan: DevicePlan) -> Any:
    _, variant = weights_of(folder)
    try:
        part = kind.from_pretrained(
            folder, dtype=plan.dtype, use_safetensors=True, local_files_only=True, variant=variant
        )
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError) as error:
        raise ModelBroken(folder, f"its weights do not fit its configuration ({type(error).__name__})") from error
    return part.to(plan.device).eval().requires_grad_(requires_grad=False)
