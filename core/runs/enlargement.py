"""The operations that enlarge finished pictures, and the pictures that it can be asked for."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.errors import InvalidRequest, UnreadablePicture
from core.language.words import plural, tr
from core.pictures.metadata import read_recipe
from core.pictures.opening import open_picture
from core.pictures.picture import GeneratedImage
from core.pictures.source import content_of
from core.recipes.recipe import ModelIdentity, Origin, Recipe
from core.request.request import GenerationRequest, Size, Upscaler
from core.request.settings import SETTINGS
from core.request.settings.upscaler import FACTORS
from core.runs.operations import Operation
from core.runs.refining import Refining


@dataclass(frozen=True, slots=True)
class EnlargeFiles(Operation[GeneratedImage]):
    """Makes larger pictures of files, or refines them, each a run of its own; they belong beside the old ones.

    Raises UnreadablePicture, and the same as `Enlarge`.

    Attributes:
        upscaler: None for pictures that are only refined.
        longer_side: what the longer side becomes, in pixels; 0 to go by the upscaler's factor.
    """

    paths: tuple[Path, ...]
    upscaler: Upscaler | None
    longer_side: int = 0
    refining: Refining | None = None

    @property
    def title(self) -> str:
        if self.upscaler is None:
            if len(self.paths) == 1:
                return tr("Refine {name}", name=self.paths[0].name)
            return plural("Refine 1 picture", "Refine {count:,} pictures", len(self.paths))
        if len(self.paths) == 1:
            return tr("Enlarge {name}", name=self.paths[0].name)
        return plural("Enlarge 1 picture", "Enlarge {count:,} pictures", len(self.paths))

    @property
    def pictures(self) -> int:
        return len(self.paths)

    def part(self, number: int) -> EnlargeFiles:
        return replace(self, paths=self.paths[number : number + 1])

    @property
    def destination(self) -> Path:
        return self.paths[0].parent

    @property
    def goes_on_by_itself(self) -> bool:
        return True

    def factor_for(self, size: Size) -> float:
        """Returns by how much a picture grows, 0 for the upscaler's own scale. Raises InvalidRequest."""
        if not self.longer_side:
            return self.upscaler.factor if self.upscaler is not None else 1.0
        factor = self.longer_side / max(size.width, size.height)
        if not FACTORS[0] < factor <= FACTORS[1]:
            least, most = math.ceil(self.longer_side / FACTORS[1]), self.longer_side - 1
            raise InvalidRequest(
                "longer side",
                size.words,
                tr(
                    "{least} to {most} pixels for the longer side, so that it can become {wanted}",
                    least=least,
                    most=most,
                    wanted=self.longer_side,
                ),
            )
        return factor


@dataclass(frozen=True, slots=True, eq=False)
class Enlarge(Operation[GeneratedImage]):
    """Makes a picture larger, and refines it. `Advanced` counts the tiles; the result's recipe tells both.

    Raises UpscalerMissing, UpscalerBroken, InvalidRequest for a picture that would be too large, OutOfMemory; and
    with ``refining`` what `core.runs.operations.Generate` raises.
    """

    image: GeneratedImage
    upscaler: Upscaler | None
    refining: Refining | None = None


def picture_of(path: Path) -> GeneratedImage:
    """Reads a picture that is to be enlarged: its recipe, or an empty one, names the file.

    Raises UnreadablePicture.
    """
    pixels = np.asarray(open_picture(path).convert("RGB"))
    try:
        recipe = read_recipe(path)
    except UnreadablePicture:
        untold = frozenset(setting.name for setting in SETTINGS) - {"upscaler"}
        recipe = Recipe(GenerationRequest(""), ModelIdentity("", "", "", ""), untold=untold)
    origin = Origin(path.name, hashlib.sha256(content_of(path)).hexdigest())
    return GeneratedImage(pixels, replace(recipe, enlarged_from=origin))


def enlarged_recipe(recipe: Recipe, upscaler: Upscaler) -> Recipe:
    """Returns the recipe of a picture that was enlarged; of several passes the earlier ones are a note."""
    before = recipe.request.upscaler
    told = (
        tr("Enlarged before by {key}, {factor:g} times.", key=before.key, factor=before.factor)
        if before is not None
        else ""
    )
    note = " ".join(filter(None, (recipe.note, told)))
    request = replace(recipe.request, upscaler=upscaler)
    return replace(recipe, request=request, note=note, untold=recipe.untold - {"upscaler"})
