"""The pictures that the README shows: prompts of a kind it paints well, with the seeds 0 to 15 in their order."""

from pathlib import Path

import numpy as np
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline

from core.training.generation import generated
from core.training.journal import save_grid
from core.training.obedience import STEPS

PROMPTS = (
    "a red house by the sea at sunset",
    "a lighthouse at night",
    "a yellow balloon over the hills at noon",
    "a blue sailboat on the sea in the morning",
    "a purple house in the mountains in winter",
    "a purple balloon over the desert at sunset",
    "a green house in the forest in autumn",
    "a blue balloon over the hills in autumn",
    "an orange house in a field at noon",
    "a pink balloon above the mountains in the morning",
    "a yellow sailboat on the sea at sunset",
    "a blue house in the hills at night with stars",
    "a red balloon over the forest in winter",
    "a lighthouse by the sea in the morning",
    "a desert with cacti at sunset",
    "a white sailboat on the sea at noon",
)


def show(pipeline: StableDiffusionPipeline, guidance: float, target: Path) -> None:
    """Paint the prompts with seeds 0 to 15 and write them four by four."""
    pictures = generated(pipeline, PROMPTS, range(len(PROMPTS)), guidance, STEPS)
    save_grid(target, (pictures * 255).round().astype(np.uint8), 4)
