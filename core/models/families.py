"""What each family of models can do: light, so that the window's controls can follow without loading anything.

A family is an entry here, and a file of its name in ``core/engine/families`` that loads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from core.request.samplers import FLOW_SAMPLERS, SAMPLERS

GuidanceKind = Literal["classifier_free", "embedded", "none"]
"""``classifier_free``: two predictions, one of them with the negative prompt (Ho & Salimans 2022). ``embedded``:
the scale is an input of the network (Meng et al. 2023), there is no second prediction."""

ALL_SAMPLERS = tuple(SAMPLERS)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model can do.

    Attributes:
        guidance: what the guidance scale does.
        samplers: keys of `core.request.samplers.SAMPLERS` that fit.
        has_attention_words: it can tell where each word of the prompt acts.
        takes_source: a picture can be what a run begins with.
        takes_loras: LoRAs can change it.
    """

    guidance: GuidanceKind = "classifier_free"
    samplers: tuple[str, ...] = ALL_SAMPLERS
    has_attention_words: bool = True
    takes_source: bool = True
    takes_loras: bool = True

    @property
    def has_negative_prompt(self) -> bool:
        """A negative prompt needs a second prediction to move away from."""
        return self.guidance == "classifier_free"


@dataclass(frozen=True, slots=True)
class ModelFamily:
    """A kind of network with all that belongs to it.

    Attributes:
        name: as users know it.
        pipelines: class names of ``model_index.json`` that are of this family.
        network: the folder of the denoising network in a diffusers folder.
        parts: the folders with weights.
        patch: latent values along a side that the network takes as one; sizes are multiples of this.
        native_px: side of the pictures it was trained with, where its configuration does not tell.
        max_tokens: how many tokens of a prompt it reads, where its text encoder could read more.
    """

    name: str
    pipelines: tuple[str, ...]
    network: str
    parts: tuple[str, ...]
    capabilities: Capabilities = field(default_factory=Capabilities)
    patch: int = 1
    native_px: int = 512
    max_tokens: int | None = None


MODEL_FAMILIES: Mapping[str, ModelFamily] = MappingProxyType(
    {
        "stable_diffusion": ModelFamily(
            "Stable Diffusion",
            ("StableDiffusionPipeline", "LatentConsistencyModelPipeline"),
            "unet",
            ("unet", "vae", "text_encoder"),
        ),
        "stable_diffusion_xl": ModelFamily(
            "Stable Diffusion XL",
            ("StableDiffusionXLPipeline",),
            "unet",
            ("unet", "vae", "text_encoder", "text_encoder_2"),
            native_px=1024,
        ),
        "z_image": ModelFamily(
            "Z-Image",
            ("ZImagePipeline",),
            "transformer",
            ("transformer", "vae", "text_encoder"),
            Capabilities(samplers=FLOW_SAMPLERS, has_attention_words=False),
            patch=2,
            native_px=1024,
            max_tokens=512,
        ),
    }
)


def family_of_pipeline(pipeline: str) -> str | None:
    """The family with this class of diffusers, or None."""
    return next((key for key, family in MODEL_FAMILIES.items() if pipeline in family.pipelines), None)
