"""Pictures from the model in training, by the stock pipeline: for sample grids and for measuring."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from numpy.typing import NDArray


def generated(
    pipeline: StableDiffusionPipeline, prompts: Sequence[str], seeds: Sequence[int], guidance: float, steps: int
) -> NDArray[np.float32]:
    """One picture for each prompt and its seed: float32 (prompts, height, width, 3) in [0, 1]."""
    pipeline.set_progress_bar_config(disable=True)
    call: Any = pipeline
    made = call(
        list(prompts),
        num_inference_steps=steps,
        guidance_scale=guidance,
        generator=[torch.Generator().manual_seed(seed) for seed in seeds],
        output_type="np",
    )
    return np.asarray(made.images, dtype=np.float32)
