"""Good settings for models that `models.toml` does not know: by family, and by what a model was distilled for.

Whether a U-Net was distilled to few steps (Turbo, Lightning, Hyper: Sauer et al. 2023; Lin et al. 2024) cannot be
seen in its weights; its makers say so in its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class DefaultSettings:
    """Sampler, steps and guidance scale to begin with."""

    sampler: str
    steps: int
    guidance_scale: float


EMBEDDED_GUIDANCE = DefaultSettings("lcm", 4, 8.0)
OF_FAMILY: Mapping[str, DefaultSettings] = MappingProxyType(
    {
        "stable_diffusion": DefaultSettings("dpmpp_2m", 25, 7.0),
        "stable_diffusion_xl": DefaultSettings("dpmpp_2m", 30, 6.0),
        "z_image": DefaultSettings("euler", 28, 5.0),
    }
)
OF_NAME: tuple[tuple[str, DefaultSettings], ...] = (
    (r"lcm", DefaultSettings("lcm", 6, 1.5)),
    (r"turbo|schnell", DefaultSettings("euler_a", 4, 1.0)),
    (r"lightning|hyper", DefaultSettings("euler", 8, 1.0)),
)
"""Words in a name, and what they mean for models with a U-Net."""

Z_IMAGE_TURBO = DefaultSettings("euler", 8, 1.0)


def default_settings(family: str, name: str, has_embedded_guidance: bool) -> DefaultSettings:
    """What a model works well with, ``name`` being that of its folder or file."""
    if has_embedded_guidance:
        return EMBEDDED_GUIDANCE
    words = re.split(r"[^a-z]+", name.lower())
    if family == "z_image":
        return Z_IMAGE_TURBO if "turbo" in words else OF_FAMILY[family]
    for pattern, settings in OF_NAME:
        if any(re.fullmatch(rf"(sd|sdxl|xl)?({pattern})(xl)?", word) for word in words):
            return settings
    return OF_FAMILY[family]
