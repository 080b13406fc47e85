"""Hires fix: a second pass over the finished picture at a larger size, as AUTOMATIC1111's program has it.

The arithmetic of sizes and steps is that of ``StableDiffusionProcessingTxt2Img`` (``modules/processing.py``) and
``setup_img2img_steps`` (``modules/sd_samplers_common.py``) there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from core.request.size import Size

LATENT_MODES: Mapping[str, tuple[str, bool]] = MappingProxyType(
    {
        "Latent": ("bilinear", False),
        "Latent (antialiased)": ("bilinear", True),
        "Latent (bicubic)": ("bicubic", False),
        "Latent (bicubic antialiased)": ("bicubic", True),
        "Latent (nearest)": ("nearest", False),
        "Latent (nearest-exact)": ("nearest-exact", False),
    }
)
"""Names in recipes, with mode and antialiasing of ``torch.nn.functional.interpolate``."""

LANCZOS = "Lanczos"
"""Enlarges the picture without a network."""

_MOST = 0.999
"""The strength by which steps are counted, at most."""


@dataclass(frozen=True, slots=True)
class Hires:
    """A second pass, which begins with the enlarged result of the first.

    Attributes:
        upscaler: a key of `LATENT_MODES`, `LANCZOS`, or the name or path of a network as `Upscaler` has it.
        scale: by how much width and height grow.
        size: width and height in the place of a scale, one of which may be 0: as the shape of the picture wants.
        strength: above 0, at most 1: how much of the enlarged picture is turned into noise.
        steps: of the second pass, 0 for as many as in the first.
        sampler: key in `core.request.samplers.SAMPLERS`, "" for that of the first pass.
        sha256: of the network's file, the whole or its first digits; "" when it has not been read yet.
        prompt, negative_prompt: "" for those of the first pass.
        guidance_scale: None for that of the first pass.
    """

    upscaler: str = "Latent"
    scale: float = 2.0
    size: Size | None = None
    strength: float = 0.7
    steps: int = 0
    sampler: str = ""
    sha256: str = ""
    prompt: str = ""
    negative_prompt: str = ""
    guidance_scale: float | None = None

    @property
    def key(self) -> str:
        """Returns the name of the upscaler alone, without folders and ending."""
        return re.sub(r"\.(safetensors|pth|pt)$", "", re.split(r"[/\\]", self.upscaler)[-1])

    @property
    def has_network(self) -> bool:
        return self.upscaler not in LATENT_MODES and self.upscaler != LANCZOS

    @property
    def has_own_texts(self) -> bool:
        return bool(self.prompt or self.negative_prompt)

    def begun(self) -> Hires:
        """Returns it for a run that has its enlarged picture already: the upscaler's file may be gone."""
        return replace(self, upscaler="Latent", sha256="")

    def with_words_of(self, other: Hires) -> Hires:
        """Returns it with the texts and the guidance of another one."""
        names = ("prompt", "negative_prompt", "guidance_scale")
        return replace(self, **{name: getattr(other, name) for name in names})

    def steps_after(self, steps: int) -> int:
        """Returns how many steps the second pass makes behind a first one of ``steps``."""
        return self.steps or steps

    def schedule_steps(self, steps: int) -> int:
        """Returns the steps of the sampler's whole schedule, of which the second pass makes the last ones."""
        return int(self.steps_after(steps) / min(self.strength, _MOST))

    def target(self, first: Size, step: int) -> Size:
        """Returns the size of the second pass behind one of size ``first``, in multiples of ``step``."""
        if self.size is None or not self.size.width or not self.size.height:
            return self.covering(first, step)
        return self.size.rounded_down(step)

    def covering(self, first: Size, step: int) -> Size:
        """Returns the size to which the picture is enlarged: `target`, or more where its shape is another one."""
        if self.size is None:
            return Size(int(first.width * self.scale), int(first.height * self.scale)).rounded_down(step)
        width, height = self.size.width, self.size.height
        by_width = Size(width, width * first.height // first.width)
        by_height = Size(height * first.width // first.height, height)
        if not width or not height:
            return (by_width if width else by_height).rounded_down(step)
        wanted = self.size.rounded_down(step)
        covering = by_width if first.width * height < width * first.height else by_height
        covering = covering.rounded_down(step)
        return Size(max(covering.width, wanted.width), max(covering.height, wanted.height))


FIRST = Hires(LANCZOS, strength=0.4)
"""A second pass begins so unless something else is chosen: the layout stays, which one over latents changes.

What a recipe leaves out is as in `Hires`, where AUTOMATIC1111's program has it so.
"""
