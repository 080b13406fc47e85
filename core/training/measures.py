"""How often generated pictures obey their words, told from plain colour statistics.

Crude on purpose: no network judges. The same checks score close to 1 on drawn pictures (a test holds them to it),
so a low figure is the model's fault and not the measure's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from numpy.typing import NDArray

from core.training.generation import generated
from core.training.palette import daylight, paint
from core.training.scene import COLOURS, Colour

Pictures = NDArray[np.float32]

_STEPS = 20
_PAIRS = {
    "night darker than noon": ("hills at night", "hills at noon"),
    "snow whitens the ground": ("snowy hills at noon", "hills at noon"),
    "sunset sky warmer than noon": ("the sea at sunset", "the sea at noon"),
}
_COLOURED = {"house": "a {} house in the hills at noon", "balloon": "a {} balloon over the sea at noon"}


@dataclass(frozen=True, slots=True)
class Measures:
    """Hit rates from 0 to 1 at one guidance scale, by the name of the check."""

    guidance: float
    rates: dict[str, float]


def brightness(pictures: Pictures) -> NDArray[np.float32]:
    """Mean luminance of each picture, (batch,), from pictures (batch, height, width, 3) in [0, 1]."""
    return (pictures @ np.array((0.299, 0.587, 0.114), dtype=np.float32)).mean(axis=(1, 2))


def ground_whiteness(pictures: Pictures) -> NDArray[np.float32]:
    """How white the lowest eighth is: its darkest colour channel, averaged; 1 is pure white."""
    rows = pictures.shape[1] // 8
    return pictures[:, -rows:].min(axis=-1).mean(axis=(1, 2))


def sky_warmth(pictures: Pictures) -> NDArray[np.float32]:
    """Red minus blue in the upper half, averaged; above 0 is warm."""
    upper = pictures[:, : pictures.shape[1] // 2]
    return (upper[..., 0] - upper[..., 2]).mean(axis=(1, 2))


def object_colour(picture: Pictures, *, prompt_is_balloon: bool) -> Colour:
    """The paint that most pixels of the object's half are close to: lower half for houses, upper for balloons.

    `picture` is (height, width, 3) in [0, 1], a noon scene, whose light leaves paints as they are.
    """
    half = picture.shape[0] // 2
    region = picture[: half + half // 4] if prompt_is_balloon else picture[half - half // 8 : -half // 6]
    factor = daylight("noon").paint
    paints = np.stack([paint(colour) * factor for colour in COLOURS])
    shades = np.concatenate([paints, paints * np.float32(0.86)])
    distance = np.abs(region[:, :, None, :] - shades).max(axis=-1)
    close = distance < 0.11
    counts = close.sum(axis=(0, 1))
    return COLOURS[int((counts[: len(COLOURS)] + counts[len(COLOURS) :]).argmax())]


def measure(pipeline: StableDiffusionPipeline, guidances: Sequence[float], seeds: int) -> list[Measures]:
    """Generate the checks' prompts at each guidance scale and count the hits."""
    return [Measures(guidance, _rates(pipeline, guidance, seeds)) for guidance in guidances]


def print_measures(measured: Sequence[Measures]) -> None:
    """Print one line for each check, one column for each guidance scale."""
    print(f"{'guidance':32}" + "".join(f"{row.guidance:8.1f}" for row in measured))
    for name in measured[0].rates:
        print(f"{name:32}" + "".join(f"{row.rates[name]:8.2f}" for row in measured))


def _rates(pipeline: StableDiffusionPipeline, guidance: float, seeds: int) -> dict[str, float]:
    pictures = {
        prompt: generated(pipeline, [prompt] * seeds, range(seeds), guidance, _STEPS)
        for pair in _PAIRS.values()
        for prompt in pair
    }
    night, noon = (pictures[prompt] for prompt in _PAIRS["night darker than noon"])
    snowy, bare = (pictures[prompt] for prompt in _PAIRS["snow whitens the ground"])
    sunset, midday = (pictures[prompt] for prompt in _PAIRS["sunset sky warmer than noon"])
    rates = {
        "night darker than noon": float((brightness(night) < 0.7 * brightness(noon)).mean()),
        "snow whitens the ground": float((ground_whiteness(snowy) > ground_whiteness(bare) + 0.25).mean()),
        "snowy ground is white": float((ground_whiteness(snowy) > 0.6).mean()),
        "sunset sky warmer than noon": float((sky_warmth(sunset) > sky_warmth(midday) + 0.2).mean()),
        "noon sky reddish (wrong)": float((sky_warmth(midday) > 0).mean()),
    }
    tries = max(2, seeds // 4)
    for name, sentence in _COLOURED.items():
        hits = [
            object_colour(picture, prompt_is_balloon=name == "balloon") == colour
            for colour in COLOURS
            if not (name == "balloon" and colour in ("blue", "white"))
            for picture in generated(pipeline, [sentence.format(colour)] * tries, range(tries), guidance, _STEPS)
        ]
        rates[f"{name} colour"] = float(np.mean(hits))
    return rates
