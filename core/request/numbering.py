"""The seeds of the pictures of one request."""

import secrets
from dataclasses import replace

from core.request.request import LARGEST_SEED, GenerationRequest
from core.request.settings.seed import RANDOM_SEEDS


def seeded(request: GenerationRequest) -> GenerationRequest:
    """Draws the seeds that the request leaves open."""
    if request.seed is None:
        request = replace(request, seed=secrets.randbelow(RANDOM_SEEDS))
    if request.variation is not None and request.variation.strength and request.variation.seed is None:
        variation = replace(request.variation, seed=secrets.randbelow(RANDOM_SEEDS))
        request = replace(request, variation=variation)
    return request


def numbered(request: GenerationRequest, index: int) -> GenerationRequest:
    """Returns the request of the picture with this number, from 0, of a request that is `seeded`.

    The seed counts up; with a variation of some strength the seed stays and that of the variation counts up, as in
    AUTOMATIC1111's program.
    """
    variation = request.variation
    if variation is not None and variation.strength:
        return replace(request, variation=replace(variation, seed=_after(variation.seed, index)))
    return replace(request, seed=_after(request.seed, index))


def _after(seed: int | None, index: int) -> int | None:
    return None if seed is None else (seed + index) % (LARGEST_SEED + 1)
