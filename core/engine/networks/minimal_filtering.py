"""Minimal filtering (Winograd 1980): neighbours of a line, made with fewer products.

Of one line, two neighbours that a kernel of three weights makes cost six products. They can be had for four (Lavin
and Gray 2015, arXiv:1509.09308, F(2, 3)), and for three where each place was repeated before: a picture that is
doubled by its nearest neighbours. Four neighbours cost six products instead of twelve (F(4, 3)). Of a picture,
whose rows and columns are lines, each of these shares is squared: 36 products become 16, 9 or, of 144, 36.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class Filtering:
    """A way to make neighbours of a line, of products of one place and one weight each.

    Attributes:
        makes: how many neighbours.
        step: from the first place that makes them to the first that makes the next; two more places make them.
        weights: the weight of each product, as a part of each of three.
        bias: the products of which ``join`` makes 1 in each place.
        split: writes what the products multiply, of as many places.
        join: writes the neighbours, of the products.
    """

    makes: int
    step: int
    weights: Sequence[Sequence[float]]
    bias: Sequence[float]
    split: Callable[[Sequence[torch.Tensor], Sequence[torch.Tensor]], None]
    join: Callable[[Sequence[torch.Tensor], Sequence[torch.Tensor]], None]


def _split_pair(place: Sequence[torch.Tensor], into: Sequence[torch.Tensor]) -> None:
    torch.sub(place[0], place[2], out=into[0])
    torch.add(place[1], place[2], out=into[1])
    torch.sub(place[2], place[1], out=into[2])
    torch.sub(place[1], place[3], out=into[3])


def _join_pair(product: Sequence[torch.Tensor], into: Sequence[torch.Tensor]) -> None:
    torch.add(product[0], product[1], out=into[0]).add_(product[2])
    torch.sub(product[1], product[2], out=into[1]).sub_(product[3])


def _split_repeated(place: Sequence[torch.Tensor], into: Sequence[torch.Tensor]) -> None:
    torch.sub(place[0], place[1], out=into[0])
    into[1].copy_(place[1])
    torch.sub(place[2], place[1], out=into[2])


def _join_repeated(product: Sequence[torch.Tensor], into: Sequence[torch.Tensor]) -> None:
    torch.add(product[0], product[1], out=into[0])
    torch.add(product[1], product[2], out=into[1])


_NEAR, _FAR = 2**-0.5, 2**0.5
"""Points, on both sides of zero, at which polynomials are evaluated for four neighbours.

Their squares are 1/2 and 2. With 1 and 2 themselves, the common choice, numbers are twice as far from float64 (on
such points: Barabasz et al. 2018, arXiv:1803.10986).
"""


def _at(point: float, product: float) -> Sequence[float]:
    """Returns a point's three weights; ``product`` is that of its distances from the other points."""
    return 1 / product, point / product, point**2 / product


def _split_quad(place: Sequence[torch.Tensor], into: Sequence[torch.Tensor]) -> None:
    even, odd = torch.empty_like(place[0]), torch.empty_like(place[0])
    torch.sub(place[4], place[2], alpha=2.5, out=into[0]).add_(place[0])
    for point, other, positive, negative in ((_NEAR, 2, into[1], into[2]), (_FAR, 0.5, into[3], into[4])):
        torch.sub(place[4], place[2], alpha=other, out=even)
        torch.sub(place[3], place[1], alpha=other, out=odd)
        torch.add(even, odd, alpha=point, out=positive)
        torch.sub(even, odd, alpha=point, out=negative)
    torch.sub(place[5], place[3], alpha=2.5, out=into[5]).add_(place[1])


def _join_quad(product: Sequence[torch.Tensor], into: Sequence[torch.Tensor]) -> None:
    even, odd = product[1] + product[2], product[1] - product[2]
    far_even, far_odd = product[3] + product[4], product[3] - product[4]
    torch.add(product[0], even, out=into[0]).add_(far_even)
    torch.add(odd, far_odd, alpha=2, out=into[1]).mul_(_NEAR)
    torch.add(far_even, even, alpha=0.25, out=into[2]).mul_(2)
    torch.add(product[5], odd, alpha=_NEAR**3, out=into[3]).add_(far_odd, alpha=_FAR**3)


PAIR = Filtering(
    makes=2,
    step=2,
    weights=((1, 0, 0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0, 0, 1)),
    bias=(0, 1, 0, 0),
    split=_split_pair,
    join=_join_pair,
)
REPEATED = Filtering(
    makes=2,
    step=1,
    weights=((1, 0, 0), (1, 1, 1), (0, 0, 1)),
    bias=(0, 1, 0),
    split=_split_repeated,
    join=_join_repeated,
)
QUAD = Filtering(
    makes=4,
    step=4,
    weights=((1, 0, 0), _at(_NEAR, -1.5), _at(-_NEAR, -1.5), _at(_FAR, 6), _at(-_FAR, 6), (0, 0, 1)),
    bias=(-1, 1 + _NEAR, 1 - _NEAR, 0, 0, 0.5),
    split=_split_quad,
    join=_join_quad,
)
