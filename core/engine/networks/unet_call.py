"""One call of a U-Net with cross-attention, with and without guidance, as the stock pipelines make it."""

import math
from typing import Any

import torch

from core.engine.sampling.denoising import Predict
from core.engine.sampling.guidance import Prediction
from core.request.request import GenerationRequest


def takes_two_passes(unet: Any, request: GenerationRequest) -> bool:
    """Guidance-distilled networks take the scale as an input instead (Meng et al. 2023)."""
    return request.has_guidance and unet.config.time_cond_proj_dim is None


def unet_call(
    unet: Any,
    request: GenerationRequest,
    batch: int,
    embeddings: torch.Tensor,
    added: dict[str, torch.Tensor] | None = None,
) -> Predict:
    """Returns the network's call with the prompt built in.

    Args:
        embeddings: (batch, tokens, width); with two passes (batch * 2, ...), the negative prompt's half first.
        added: what SDXL conditions on besides, (batch [* 2], ...) each.
    """
    has_uncond = takes_two_passes(unet, request)
    scale = guidance_embedding(unet, request.guidance_scale, batch)
    dtype = unet.dtype  # asked once: it looks through all layers, for milliseconds

    def predict(x: torch.Tensor, t: torch.Tensor) -> Prediction:
        x = x.to(dtype)
        output = unet(
            torch.cat([x, x]) if has_uncond else x,
            t,
            encoder_hidden_states=embeddings,
            timestep_cond=scale,
            added_cond_kwargs=added,
            return_dict=False,
        )[0].contiguous()  # films and samplers keep latents in one layout
        if not has_uncond:
            return Prediction(cond=output, uncond=None)
        uncond, cond = output.chunk(2)
        return Prediction(cond, uncond)

    return predict


def guidance_embedding(unet: Any, scale: float, batch: int) -> torch.Tensor | None:
    """Sinusoidal embedding of the guidance scale w = scale - 1 (batch, width); None for ordinary networks."""
    width = unet.config.time_cond_proj_dim
    if width is None:
        return None
    w = 1000.0 * torch.tensor(scale - 1).repeat(batch)
    half = width // 2
    frequencies = torch.exp(torch.arange(half, dtype=torch.float32) * -(math.log(10000.0) / (half - 1)))
    angles = w[:, None] * frequencies[None, :]  # (batch, width / 2)
    embedding = torch.cat([angles.sin(), angles.cos()], dim=1)
    return torch.nn.functional.pad(embedding, (0, width % 2)).to(unet.device, unet.dtype)
