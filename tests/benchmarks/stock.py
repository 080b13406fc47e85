"""diffusers' own pipeline, for comparison: loaded, and timed for the steps of its loop alone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch
from diffusers.pipelines.pipeline_utils import DiffusionPipeline

from core.engine.sampling.schedulers import build
from core.request.request import GenerationRequest

EMBEDDINGS = ("prompt_embeds", "negative_prompt_embeds")
POOLED = ("pooled_prompt_embeds", "negative_pooled_prompt_embeds")


class Stock:
    """The stock pipeline of a diffusers folder (Stable Diffusion or Stable Diffusion XL)."""

    def __init__(self, folder: Path, dtype: torch.dtype, device: str = "cpu") -> None:
        self._device = device
        self._pipe: Any = DiffusionPipeline.from_pretrained(
            folder, dtype=dtype, use_safetensors=True, local_files_only=True
        ).to(device)
        self._pipe.set_progress_bar_config(disable=True)
        self._checkpoint = dict(self._pipe.scheduler.config)

    @torch.inference_mode()
    def encode(self, request: GenerationRequest) -> dict[str, Any]:
        """The prompt as the pipeline takes it."""
        prompt, negative = request.prompt, request.negative_prompt
        if hasattr(self._pipe, "text_encoder_2"):
            encoded = self._pipe.encode_prompt(
                prompt,
                device=self._device,
                do_classifier_free_guidance=request.has_guidance,
                negative_prompt=negative,
            )
            return dict(zip((*EMBEDDINGS, *POOLED), encoded, strict=True))
        encoded = self._pipe.encode_prompt(prompt, self._device, 1, request.has_guidance, negative)
        return dict(zip(EMBEDDINGS, encoded, strict=True))

    def step_seconds(self, request: GenerationRequest) -> float:
        """Seconds for each step of the loop alone: the prompt is encoded before, nothing is decoded after."""
        encoded = self.encode(request)
        began = time.perf_counter()
        self.run(request, encoded)
        return (time.perf_counter() - began) / request.steps

    def run(self, request: GenerationRequest, encoded: dict[str, Any] | None = None) -> torch.Tensor:
        """Returns the final latents; ``encoded`` from `encode`, where the prompt was read before."""
        encoded = encoded if encoded is not None else self.encode(request)
        self._pipe.scheduler = build(request.sampler, self._checkpoint, request.steps).scheduler
        return self._pipe(
            **encoded,
            width=request.size.width,
            height=request.size.height,
            num_inference_steps=request.steps,
            guidance_scale=request.guidance_scale,
            generator=torch.Generator("cpu").manual_seed(request.seed or 0),
            output_type="latent",
        ).images
