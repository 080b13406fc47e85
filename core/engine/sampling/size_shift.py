"""The shift of a flow's schedule, where it depends on the size of the picture (Esser et al. 2024, section 5.3.2).

The logarithm of the shift is what diffusers calls mu.
"""

import math
from collections.abc import Mapping
from typing import Any

from core.request.request import Size

OWN_LEVELS = "own_levels"
"""In a scheduler's configuration: its own noise levels, as the pipeline of Stable Diffusion 3 has them."""


def tokens_of(size: Size, side: int) -> int:
    """Returns the number of places of a picture that the network takes, of ``side`` pixels each way."""
    places = size.rounded_up(side)
    return (places.width // side) * (places.height // side)


def shift_by_tokens(tokens: int, config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the option of a scheduler's configuration, on the line through two points that it has.

    It is what diffusers' ``calculate_shift`` computes; {} for a schedule with a fixed shift.
    """
    if not config.get("use_dynamic_shifting"):
        return {}
    least, most = config.get("base_image_seq_len", 256), config.get("max_image_seq_len", 4096)
    lowest, highest = config.get("base_shift", 0.5), config.get("max_shift", 1.15)
    slope = (highest - lowest) / (most - least)
    return {"shift": math.exp(tokens * slope + (lowest - slope * least))}  # in this order, as the pipeline rounds


def made(kind: Any, config: Mapping[str, Any]) -> Any:
    """Builds a scheduler; whether it keeps its own levels is ours, and diffusers would warn of an unknown word."""
    scheduler = kind.from_config({key: value for key, value in config.items() if key != OWN_LEVELS})
    if config.get(OWN_LEVELS):
        scheduler.register_to_config(**{OWN_LEVELS: True})
    return scheduler
