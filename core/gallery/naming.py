"""Names many pictures at once, by the pattern that new pictures are named by."""

from itertools import count
from pathlib import Path

from core.errors import UnreadablePicture
from core.gallery.query import LibraryPicture
from core.pictures.file_names import picture_stem
from core.pictures.metadata import read_recipe
from core.request.request import GenerationRequest

OWN_PARTS = ("name", "number")
"""Parts of a pattern beside those of new pictures: the name so far, and the place among the chosen ones."""


def named_by(pattern: str, picture: LibraryPicture, number: int) -> Path:
    """Returns a free path for a picture in its folder, or its own where the pattern gives just that.

    The other parts come from its recipe, or from the index where it has none that can be read.
    """
    try:
        request = read_recipe(picture.path).request
    except UnreadablePicture:
        request = GenerationRequest(picture.prompt, seed=picture.seed, size=picture.size)
    filled = pattern.replace("{number}", f"{number:03}").replace("{name}", picture.path.stem)
    stems = (picture_stem(request, picture.created, copy, filled) for copy in count(1))
    paths = (picture.path.with_name(stem + picture.path.suffix) for stem in stems)
    return next(path for path in paths if path == picture.path or not path.exists())
