"""Between which pixels and which latents an autoencoder translates: what must be the same to exchange one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import ModelBroken
from core.families import FAMILIES
from core.families.autoencoder_kinds import KL, QWEN
from core.files.json_file import read_json
from core.language.words import tr

DEFAULT_SCALE = 0.18215
"""The scaling factor that diffusers assumes without one in the configuration: that of Stable Diffusion 1.x."""

_TOLERANCE = 1e-3
MOST_LEVELS = 8
"""An autoencoder with more is damaged."""


@dataclass(frozen=True, slots=True)
class LatentSpace:
    """The latents of one family of autoencoders.

    Attributes:
        channels: numbers for each place of the latent.
        factor: pixels along a side for each place.
        scale: latents are multiplied by it before the network sees them; None where a file does not tell.
        shift: is taken off them before that.
        kind: the autoencoder's class in diffusers; those beside `KL` have a scale of their own for each channel.
    """

    channels: int
    factor: int
    scale: float | None = None
    shift: float = 0.0
    kind: str = KL

    @classmethod
    def of_config(cls, config: Mapping[str, Any]) -> LatentSpace:
        """From the ``config.json`` of an autoencoder of diffusers. Raises ValueError or TypeError."""
        kind = str(config.get("_class_name", KL))
        return cls(
            channels=int(config.get("z_dim" if kind == QWEN else "latent_channels", 4)),
            factor=2 ** _halvings(config),
            scale=float(config.get("scaling_factor") or DEFAULT_SCALE) if kind == KL else None,
            shift=float(config.get("shift_factor") or 0.0),
            kind=kind,
        )

    def fits(self, other: LatentSpace) -> bool:
        """Returns whether an autoencoder of the one can decode the latents of the other, as far as is known."""
        if (self.channels, self.factor, self.kind) != (other.channels, other.factor, other.kind):
            return False
        if self.scale is None or other.scale is None:
            return True
        return math.isclose(self.scale, other.scale, rel_tol=_TOLERANCE) and math.isclose(
            self.shift, other.shift, abs_tol=_TOLERANCE
        )

    @property
    def name(self) -> str:
        """Returns the models that have these latents, as users know them, or ""."""
        layouts = ((family.latents.models or family.name, family.latents) for family in FAMILIES.values())
        known = (
            (name, LatentSpace(one.channels, one.factor, one.scale, one.shift, one.kind)) for name, one in layouts
        )
        names = (name for name, space in known if space.fits(self))
        return tr(" or ").join(dict.fromkeys(names))

    def describe(self) -> str:
        """``"Stable Diffusion XL (4 latent channels, scale 0.13025)"``."""
        figures = tr("{channels} latent channels", channels=self.channels)
        if self.factor != _USUAL_FACTOR:
            figures += tr(", {factor} pixels each", factor=self.factor)
        if self.scale is not None:
            figures += tr(", scale {scale:g}", scale=self.scale)
        return (
            f"{self.name} ({figures})" if self.name else tr("latents of another kind ({figures})", figures=figures)
        )


def known_kinds() -> frozenset[str]:
    """Returns the classes of autoencoders in diffusers that some family has."""
    return frozenset(family.latents.kind for family in FAMILIES.values())


def own_space(folder: Path) -> LatentSpace:
    """Returns the latents of a diffusers folder, by the configuration of its autoencoder. Raises ModelBroken."""
    path = folder / "vae" / "config.json"
    try:
        return LatentSpace.of_config(read_json(path))
    except (ValueError, TypeError) as error:
        raise ModelBroken(path, tr("its figures cannot be read")) from error


_USUAL_FACTOR = 8


def pixels_each(path: Path) -> int:
    """Returns pixels along a side for each place, by an autoencoder's ``config.json``. Raises ModelBroken."""
    config = read_json(path)
    refuse_statistics(path, config)
    key = _LEVELS.get(str(config.get("_class_name")), "block_out_channels")
    levels = config.get(key, (0, 0, 0, 0))
    if not isinstance(levels, list | tuple) or not 1 <= len(levels) <= MOST_LEVELS:
        raise ModelBroken(path, tr("this file is damaged: {key} is not a list of its levels", key=key))
    for key in ("scaling_factor", "shift_factor"):
        if not isinstance(config.get(key), int | float | None):
            raise ModelBroken(path, tr("this file is damaged: {key} is not a number", key=key))
    return 2 ** _halvings(config)


_LEVELS = {QWEN: "temperal_downsample"}


def _halvings(config: Mapping[str, Any]) -> int:
    """Returns how often an autoencoder halves the sides of a picture. Raises TypeError."""
    if config.get("_class_name") == QWEN:
        return len(config.get("temperal_downsample", (False, True, True)))
    return len(config.get("block_out_channels", (64,))) - 1


def refuse_statistics(path: Path, config: Mapping[str, Any]) -> None:
    """Raises ModelBroken for an AutoencoderKL with a mean and deviation of their own for each channel."""
    if config.get("_class_name") == QWEN:
        return
    if config.get("latents_mean") is not None or config.get("latents_std") is not None:
        scaled = tr("its autoencoder scales each channel of its latents differently (latents_mean, latents_std)")
        raise ModelBroken(path.parent, tr("{scaled}, which Emulsion cannot use yet", scaled=scaled))
