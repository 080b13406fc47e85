"""The noise that a run starts with: of its seed, mixed with that of a variation.

The formulas are those of AUTOMATIC1111's program (``modules/rng.py``): where that draws its random numbers on
the processor, the same seeds give the same noise.
"""

from collections.abc import Sequence

import torch

from core.request.request import Variation

MOST_ALIKE = 0.9995
"""Cosine of the angle from which on two noises are mixed along the straight line."""

Shape = tuple[int, int, int]


def start_noise(
    shape: Shape,
    generators: Sequence[torch.Generator],
    seed: int = 0,
    variation: Variation | None = None,
    layout: Shape | None = None,
) -> torch.Tensor:
    """Returns noise, float32 (batch, *shape); each generator draws one, whatever the variation is.

    It is drawn on the CPU: the same seed gives the same noise on every device.

    Args:
        seed: of the noise that a variation changes.
        layout: the latent shape of ``variation.size``, or None.
    """
    noise = torch.cat([torch.randn((1, *shape), generator=generator) for generator in generators])
    if variation is None:
        return noise
    kept = layout or shape
    varied = drawn(seed, kept)
    if variation.strength:
        varied = slerp(varied, drawn(variation.seed or 0, kept), variation.strength)
    for one in noise:
        _put_into_the_middle(varied, one)
    return noise


def drawn(seed: int, shape: Shape) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator("cpu").manual_seed(seed))


def slerp(low: torch.Tensor, high: torch.Tensor, strength: float) -> torch.Tensor:
    """Mixes on the arc between both (Shoemake 1985), which keeps the length that noise has.

    The arcs are those of the columns, (channels, height, width) along the height, as AUTOMATIC1111 has them.
    """
    cosine = (low / low.norm(dim=1, keepdim=True) * (high / high.norm(dim=1, keepdim=True))).sum(1)
    if cosine.mean() > MOST_ALIKE:
        return low * strength + high * (1 - strength)  # that way round there, too
    angle = torch.acos(cosine)
    scale = torch.sin(angle)
    first = (torch.sin((1 - strength) * angle) / scale).unsqueeze(1)
    second = (torch.sin(strength * angle) / scale).unsqueeze(1)
    return first * low + second * high


def _put_into_the_middle(small: torch.Tensor, large: torch.Tensor) -> None:
    """Writes one noise over the middle of another one; of a larger one its own middle is taken."""
    source: list[slice] = [slice(None)]
    target: list[slice] = [slice(None)]
    for have, room in zip(small.shape[1:], large.shape[1:], strict=True):
        gap = (room - have) // 2  # rounded down also where it is negative, as there
        length = have if gap >= 0 else have + 2 * gap
        source.append(slice(max(-gap, 0), max(-gap, 0) + length))
        target.append(slice(max(gap, 0), max(gap, 0) + length))
    large[tuple(target)] = small[tuple(source)]
