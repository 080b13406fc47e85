"""Sizes of common shapes that suit a model: valid for it, of about its native area, nearest to the shape."""

import math
from collections.abc import Mapping
from types import MappingProxyType

from core.models.catalogue import Model
from core.request.request import Size

ASPECTS: Mapping[str, float] = MappingProxyType(
    {"1:1": 1.0, "4:3": 4 / 3, "3:2": 3 / 2, "16:9": 16 / 9, "3:4": 3 / 4, "2:3": 2 / 3, "9:16": 9 / 16}
)
"""Width by height: square, landscape, portrait."""

MOST_AREA_CHANGE = math.log(1.3)
AREA_WEIGHT = 0.1
"""The weight of an area other than the native one against a wrong shape."""


def preset_sizes(model: Model) -> dict[str, Size]:
    """Returns the best size for each of ``ASPECTS``."""
    return {name: _best_size(model, aspect) for name, aspect in ASPECTS.items()}


def _best_size(model: Model, aspect: float) -> Size:
    limits = model.limits
    area = model.defaults.size.width * model.defaults.size.height
    lengths = range(limits.snap(limits.smallest), limits.snap(limits.largest) + 1, limits.size_step)

    def badness(size: Size) -> tuple[bool, float]:
        area_change = abs(math.log(size.width * size.height / area))
        shape_error = abs(math.log(size.width / size.height / aspect))
        return area_change > MOST_AREA_CHANGE, shape_error + AREA_WEIGHT * area_change

    return min((Size(width, limits.snap(round(width / aspect))) for width in lengths), key=badness)
