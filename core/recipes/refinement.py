"""The pass over a finished picture that draws it again in tiles: what a recipe tells of it.

In the ``parameters`` text the entries are those of the script "Ultimate SD upscale" for AUTOMATIC1111's program.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from core.language.words import tr
from core.request.json_values import number_of, object_of, whole_of

DEFAULT_STRENGTH = 0.3
LARGEST_SIDE = 8192
"""In pixels, of a picture that is refined."""

_STRENGTH = "Denoising strength"
_SCRIPT = "Ultimate SD upscale "


@dataclass(frozen=True, slots=True)
class Refinement:
    """A finished picture was turned into a little noise, and denoised in tiles that overlap.

    Attributes:
        strength: above 0, at most 1: how much of the picture became noise.
        tile: side of the tiles in pixels; 0, before it is carried out, for the size that the model was trained in.
    """

    strength: float = DEFAULT_STRENGTH
    tile: int = 0

    @property
    def words(self) -> str:
        return tr("strength {strength:g}, in tiles of {tile} px", strength=self.strength, tile=self.tile)


def refinement_to_json(refinement: Refinement) -> dict[str, Any]:
    return asdict(refinement)


def refinement_from_json(value: object) -> Refinement | None:
    """Reads what `refinement_to_json` wrote, hostile ones too. Raises ValueError with a sentence."""
    if value is None:
        return None
    content = object_of(value, "refined")
    tile = whole_of(content.get("tile", 0), "tile", range(LARGEST_SIDE + 1))
    return Refinement(number_of(content.get("strength"), "strength", 1.0), tile)


def refinement_to_parameters(refinement: Refinement | None, upscaler: str) -> dict[str, object]:
    """Returns the entries; ``upscaler`` is the name of the one that came before, or ""."""
    if refinement is None:
        return {}
    sides = {f"{_SCRIPT}{side}": refinement.tile for side in ("tile_width", "tile_height")}
    return {_STRENGTH: f"{refinement.strength:g}", f"{_SCRIPT}upscaler": upscaler or "None", **sides}


def take_refinement(told: dict[str, str]) -> Refinement | None:
    """Takes the script's entries out of those of a picture, or leaves all where one cannot be read."""
    try:
        tile, strength = int(told[f"{_SCRIPT}tile_width"]), float(told[_STRENGTH])
    except (KeyError, ValueError):
        return None
    if not (0 < strength <= 1 and 0 <= tile <= LARGEST_SIDE):
        return None
    for key in (_STRENGTH, *(f"{_SCRIPT}{name}" for name in ("tile_width", "tile_height", "upscaler"))):
        told.pop(key, None)
    return Refinement(strength, tile)
