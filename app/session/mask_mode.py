"""The work of a run with a mask, by its situation, after Krita's plugin for diffusion (``model.py``)."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from core.language.words import tr
from core.pictures.mask import MaskPixels
from core.request.request import GenerationRequest
from core.request.settings.source import DEFAULT_STRENGTH


class MaskMode(Enum):
    """The kinds of runs.

    Attributes:
        words: on the button. about: its tooltip.
    """

    fill = tr("Fill"), tr("Make something new in the masked part")
    refine = tr("Refine"), tr("Change the masked part a little, beginning with what is there")
    expand = tr("Expand"), tr("Continue the picture into the masked part at its edges")

    def __init__(self, words: str, about: str) -> None:
        self.words = words
        self.about = about


FILLS: Mapping[MaskMode, str] = MappingProxyType(
    {MaskMode.fill: "surroundings", MaskMode.refine: "original", MaskMode.expand: "surroundings"}
)
"""The content of the masked part before the first step, unless the user has chosen another."""


def mode_of(request: GenerationRequest, *, spans: bool = False) -> MaskMode | None:
    """Returns what a request would do, None without a mask. For ``spans`` see `spans_picture`."""
    if request.source is None or request.mask is None:
        return None
    if request.source.strength < 1:
        return MaskMode.refine
    return MaskMode.expand if spans or request.mask.margins else MaskMode.fill


def strength_without(request: GenerationRequest) -> float:
    """Returns the strength for another start image, of which all is changed: that of the request, if it has one.

    A strength of 1, which suits a mask, would leave nothing of that image.
    """
    if request.source is None or (request.mask is not None and request.source.strength == 1):
        return DEFAULT_STRENGTH
    return request.source.strength


def spans_picture(mask: MaskPixels) -> bool:
    """Returns whether a mask touches two opposite edges of its picture, and does not cover all of it."""
    touches = mask[0].any() and mask[-1].any(), mask[:, 0].any() and mask[:, -1].any()
    return any(touches) and not mask.all()
