"""The part of a picture that an edit changed, found by comparing it with its source, and the rest as it was.

A model makes every pixel anew, and its autoencoder gives none back exactly. So there is noise where nothing was to
change, and a change is what stands out of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from core.errors import UnreadablePicture
from core.language.words import mark, tr
from core.measures.difference import difference_map
from core.pictures.mask import MaskPixels, feathered, grown, pasted_over
from core.pictures.metadata import read_recipe
from core.pictures.opening import flattened, open_picture
from core.pictures.picture import GeneratedImage
from core.pictures.pixels import Pixels
from core.pictures.reference import read_reference
from core.pictures.source import found, likely_folders, read_source, read_whole
from core.pictures.widening import widened
from core.recipes.recipe import Recipe
from core.request.request import GenerationRequest, Size

KEPT = mark("what did not change was put back from the source")
"""The note of a recipe."""

_LEAST, _MOST = 0.02, 0.12
"""Distances of colours, 1 from black to white: smaller ones are never a change, larger ones always."""

_STANDING_OUT = 4.0
"""Times the distance of the calmest quarter of the picture."""

_CALM = 0.25
_AROUND_PX = 2
_MORE_PX, _EDGE_PX = 4, 2.0
"""The mask is so much wider than what changed, and its edge is so soft, see `feathered`."""


@dataclass(frozen=True, slots=True, eq=False)
class EditedPicture:
    """A picture file and the source that it was made from, of one size.

    ``added`` masks what lies beyond the source's edges.
    """

    path: Path
    before: Pixels
    after: Pixels
    recipe: Recipe
    added: MaskPixels | None = None

    @property
    def mask(self) -> MaskPixels:
        changed = changed_mask(self.before, self.after)
        return changed if self.added is None else np.maximum(changed, self.added)

    def with_unchanged_kept(self) -> GeneratedImage:
        """Returns the picture whose pixels outside of the mask are those of the source, bit for bit."""
        pixels = pasted_over(self.before, self.after, self.mask)
        return GeneratedImage(pixels, replace(self.recipe, note=KEPT))


def changed_mask(before: Pixels, after: Pixels) -> MaskPixels:
    """Returns a mask of what differs between two pictures of one size, with a soft edge; all black for nothing."""
    distances = difference_map(before, after)
    grey = Image.fromarray((distances * 255).clip(0, 255).astype(np.uint8))
    smooth = np.asarray(grey.filter(ImageFilter.BoxBlur(_AROUND_PX)), np.float32) / 255
    threshold = min(max(_STANDING_OUT * float(np.quantile(smooth, _CALM)), _LEAST), _MOST)
    changed = np.where(smooth > threshold, np.uint8(255), np.uint8(0))
    without_specks = grown(grown(changed, -1), 1 + _MORE_PX)
    return feathered(without_specks, _EDGE_PX)


def edited_picture(path: Path, folders: Iterable[Path] = ()) -> EditedPicture:
    """Reads a picture and its source, which is looked for in ``folders`` too. Raises UnreadablePicture."""
    recipe = read_recipe(path)
    before, added = _source_of(path, recipe.request, (*folders, *likely_folders(path)))
    after = np.asarray(flattened(open_picture(path)))
    if before.shape != after.shape:
        size, expected = (Size(pixels.shape[1], pixels.shape[0]) for pixels in (after, before))
        raise UnreadablePicture(
            path, tr("it has {size} pixels, its source {expected}: they differ", size=size, expected=expected)
        )
    return EditedPicture(path, before, after, recipe, added)


def _source_of(
    path: Path, request: GenerationRequest, folders: tuple[Path, ...]
) -> tuple[Pixels, MaskPixels | None]:
    """Returns the source in the size in which the model looked at it, and a mask of what was added to it."""
    if request.references:
        return read_reference(found(request.references[0], folders))[0], None
    if request.source is None:
        raise UnreadablePicture(path, tr("it was made from words alone: there is nothing to compare it with"))
    source = found(request.source, folders)
    if not Path(source.path).is_absolute():
        raise UnreadablePicture(path, tr("it is not known where its source picture lies"))
    if request.mask is None:
        return read_source(source, request.size).pixels, None
    return widened(path, read_whole(source)[0], None, request.mask.margins)
