"""The picture of a control: read safely, cut to the shape of the one that is made, and turned into a map."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from core.control.edits import cut_to, edited, read_edits
from core.control.preprocessors import map_of
from core.errors import UnreadablePicture
from core.language.words import tr
from core.pictures.masked_picture import MaskedPicture, resized
from core.pictures.pixels import Pixels
from core.pictures.source import found, read_whole
from core.request.control import IMAGE_PROMPTS, Control
from core.request.request import Size


def read_map(
    control: Control, size: Size, masked: MaskedPicture | None = None, folders: Iterable[Path] = ()
) -> tuple[Pixels, Control]:
    """Returns the map that the network looks at, uint8 (height, width, 3), and the control with its hash.

    The picture is cut to the shape of ``size`` around its middle, as a source is; with ``masked`` to the shape of
    that whole picture, of which the part that is worked on is taken. One that is not in its place any more is
    looked for in ``folders``; so is what was painted over the map.

    Raises UnreadablePicture, also when the file is not the one whose hash ``control`` has.
    """
    folders = tuple(folders)
    if not _is_there(control.path):
        control = found(replace(control, path=Path(control.path).name), folders)
    if not Path(control.path).is_absolute():
        unknown = tr("the place of this control picture is not known; choose it again")
        raise UnreadablePicture(Path(control.path), unknown)
    picture, sha256 = read_whole(control)
    control = replace(control, sha256=sha256)
    if control.preprocessor in IMAGE_PROMPTS:
        return map_of(picture, control), control
    whole = size if masked is None else Size(masked.mask.shape[1], masked.mask.shape[0])
    fitted = ImageOps.fit(Image.fromarray(picture), (whole.width, whole.height), Image.Resampling.LANCZOS)
    pixels = np.asarray(fitted)
    if masked is not None:
        pixels = resized(pixels[masked.box.slices], size)
    made = map_of(pixels, control)
    if (edits := control.edits) is None:
        return made, control
    if not _is_there(edits.path):
        edits = found(replace(edits, path=Path(edits.path).name), folders)
    painted, sha256 = read_edits(edits)
    painted = cut_to(painted, whole)
    if masked is not None:
        painted = resized(np.repeat(painted[masked.box.slices][..., None], 3, axis=2), size)[..., 0]
    return edited(made, painted), replace(control, edits=replace(edits, sha256=sha256))


def _is_there(path: str) -> bool:
    try:
        return Path(path).is_absolute() and Path(path).is_file()
    except (OSError, ValueError):  # longer than a name may be, or with NUL
        return False
