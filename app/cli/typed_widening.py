"""``--widen`` of a command line: a shape becomes pixels, and what was not typed suits the wider picture."""

from __future__ import annotations

import re
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from core.errors import InvalidRequest, UnreadablePicture
from core.language.words import tr
from core.models.catalogue import Model
from core.pictures.source import read_whole
from core.pictures.widening import ANCHORS, SHAPES, margins_to, suited_size, suited_softness
from core.request.request import GenerationRequest, Size, Source


def widened_in_pixels(arguments: Namespace, step: int) -> str | None:
    """Returns the text of ``--widen`` with pixels in the place of a shape, as ``2:1`` or ``2:1,left``.

    Raises InvalidRequest; UnreadablePicture if the size of the picture is needed and it cannot be read.
    """
    text: str | None = getattr(arguments, "widen", None)
    match = re.fullmatch(r"(\d+:\d+)(?:,(\w+))?", text.replace(" ", "").lower()) if text is not None else None
    if text is None or match is None or arguments.image is None:
        return text
    shape, anchor = match[1], match[2] or "middle"
    if shape not in SHAPES or anchor not in ANCHORS:
        names = {"shapes": ", ".join(SHAPES), "places": ", ".join(ANCHORS)}
        raise InvalidRequest("widen", text, tr("one of {shapes}, with a comma and one of {places}", **names))
    margins = margins_to(_size_of(arguments.image), shape, anchor, step)
    if not margins:
        raise InvalidRequest("widen", text, tr("a shape that the picture does not have yet"))
    return str(margins)


def suited_to_wider(request: GenerationRequest, arguments: Namespace, model: Model) -> GenerationRequest:
    """Returns the request with the strength, softness and size for a wider picture, unless they were typed.

    A picture that cannot be read is left to the check of the request.
    """
    source, mask = request.source, request.mask
    if source is None or mask is None or not mask.margins:
        return request
    if arguments.strength is None:
        request = replace(request, source=replace(source, strength=1.0))
    try:
        size = _size_of(source.path)
    except UnreadablePicture:
        return request
    if arguments.mask_softness is None:
        request = replace(request, mask=replace(mask, softness=suited_softness(size)))
    if arguments.size is None:
        worked = suited_size(size, mask.margins, model.limits, model.defaults.size)
        request = replace(request, size=worked)
    return request


def _size_of(path: str) -> Size:
    height, width, _ = read_whole(Source(str(Path(path).expanduser().absolute()), 1.0))[0].shape
    return Size(width, height)
