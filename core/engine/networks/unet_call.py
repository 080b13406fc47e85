"""One call of a U-Net with cross-attention, with and without guidance, as the stock pipelines make it."""

import math
from collections.abc import Sequence
from typing import Any

import torch

from core.engine.networks.clip_text import prompt_parts
from core.engine.networks.guides import Guide, Residuals
from core.engine.networks.image_prompts import AnyGuide, PictureGuide, PicturePrompts
from core.engine.networks.lllite import LLLite, TunedLayers
from core.engine.sampling.denoising import Predict, Timestep
from core.engine.sampling.guidance import Prediction
from core.request.request import GenerationRequest


def takes_two_passes(unet: Any, request: GenerationRequest) -> bool:
    """Guidance-distilled networks take the scale as an input instead (Meng et al. 2023)."""
    return request.has_guidance and unet.config.time_cond_proj_dim is None


def has_uncond(unet: Any, request: GenerationRequest) -> bool:
    """Returns whether the negative prompt is read: with guidance, and where several parts pull away from it."""
    return takes_two_passes(unet, request) or len(prompt_parts(request)) > 1


def unet_call(
    unet: Any,
    request: GenerationRequest,
    batch: int,
    embeddings: torch.Tensor,
    added: dict[str, torch.Tensor] | None = None,
    guides: Sequence[AnyGuide] = (),
) -> Predict:
    """Returns the network's call with the prompt built in.

    Args:
        embeddings: (batch * passes, tokens, width): one pass for each part of the prompt, and before them one
            for the negative prompt if there is guidance or more than one part.
        added: what SDXL conditions on besides, (batch * passes, ...) each.
        guides: networks that guide it in this call.
    """
    passes = len(embeddings) // batch
    is_guided = takes_two_passes(unet, request)
    weights = [part.weight for part in prompt_parts(request)]
    scale = guidance_embedding(unet, request.guidance_scale, len(embeddings))
    dtype = unet.dtype  # asked once: it looks through all layers, for milliseconds
    unguided = batch if passes > 1 else 0
    all_nets = [guide for guide in guides if isinstance(guide, Guide)]
    nets = [guide for guide in all_nets if not isinstance(guide.network(), LLLite)]
    tuning = [guide for guide in all_nets if isinstance(guide.network(), LLLite)]
    tuned = TunedLayers(unet, tuning, embeddings.device, dtype)
    residuals = Residuals(nets, embeddings, added, unguided, dtype) if nets else None
    shown = [guide for guide in guides if isinstance(guide, PictureGuide)]
    pictures = PicturePrompts(unet, shown, len(embeddings), unguided)

    def predict(x: torch.Tensor, t: Timestep) -> Prediction:
        x = x.to(dtype)
        x = torch.cat([x] * passes) if passes > 1 else x
        with pictures.acting(), tuned.acting():
            output = unet(
                x,
                t.tensor,
                encoder_hidden_states=embeddings,
                timestep_cond=scale,
                added_cond_kwargs=added,
                return_dict=False,
                **(residuals.of(x, t.tensor) if residuals is not None else {}),
            )[0].contiguous()  # films and samplers keep latents in one layout
        if passes == 1:
            return Prediction(cond=output, uncond=None)
        uncond, *conds = output.chunk(passes)
        cond = conds[0] if len(conds) == 1 else composed(uncond, conds, weights)
        return Prediction(cond, uncond if is_guided else None)

    return predict


def composed(uncond: torch.Tensor, conds: Sequence[torch.Tensor], weights: Sequence[float]) -> torch.Tensor:
    """Returns the prediction of all parts of a prompt together: eq. 11 of Liu et al. 2022 without guidance."""
    pulls = (weight * (cond - uncond) for weight, cond in zip(weights, conds, strict=True))
    return uncond + sum(pulls)


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
