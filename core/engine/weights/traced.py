"""Tensors without content that remember how they are made of those of a file, so that each is read when needed.

A conversion of names runs over them in no time; then every weight is read by itself, straight into the form in
which the network has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._pytree import tree_leaves, tree_map_only

from core.engine.weights.packed_source import PackedSource
from core.engine.weights.raw import DTYPES, read_tensor
from core.files.safetensors_header import SafetensorsHeader

_FIRST_ROW = 2**40
"""The first of the numbers that stand for rows: no conversion makes such numbers of others."""


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A tensor of a file, or a packed weight that is made of several. ``read`` returns it as it comes."""

    read: Callable[[], torch.Tensor]
    packed: PackedSource | None = None


class Traced(torch.Tensor):
    """Stands for a tensor that is read, or computed from such ones, at each call of `content`.

    Attributes:
        sources: the names of the tensors of a file that it is made of.
        made: computes it from the `Leaf` objects, each by the function that it is given.
    """

    sources: frozenset[str] = frozenset()
    made: Callable[[Callable[[Leaf], torch.Tensor]], torch.Tensor]

    @classmethod
    def of(cls, header: SafetensorsHeader, name: str) -> Traced:
        entry = header.tensors[name]
        dtype = DTYPES.get(entry.dtype, torch.uint8)
        return cls._new(entry.shape, dtype, frozenset({name}), Leaf(lambda: read_tensor(header, name)))

    @classmethod
    def packed(cls, source: PackedSource, dtype: torch.dtype) -> Traced:
        """Stands for the unpacked weight."""
        names = frozenset(source.weight.tensors.values())
        return cls._new(source.weight.shape, dtype, names, Leaf(lambda: source.unpacked(dtype), source))

    @classmethod
    def _new(cls, shape: tuple[int, ...], dtype: torch.dtype, names: frozenset[str], leaf: Leaf) -> Traced:
        one = torch.empty(shape, dtype=dtype, device="meta").as_subclass(cls)
        one.sources, one.made = names, lambda read: read(leaf)
        return one

    def content(self) -> torch.Tensor:
        """Reads and computes it; the result has memory of its own."""
        return self.made(lambda leaf: leaf.read())

    def rows(self) -> tuple[PackedSource, torch.Tensor] | None:
        """Returns the packed weight whose rows it is made of, and their numbers; None where it is made otherwise.

        The conversion runs over numbers of rows in the place of the weight: such that divide it, or put its parts
        in another order, give those that they keep.
        """
        found: list[PackedSource] = []

        def numbered(leaf: Leaf) -> torch.Tensor:
            packed = leaf.packed
            if packed is None or (found and packed is not found[0]):
                raise ValueError("it is no packed weight, or not the only one")
            found.append(packed)
            numbers = torch.arange(_FIRST_ROW, _FIRST_ROW + packed.rows)
            return numbers.reshape(-1, *[1] * (len(packed.weight.shape) - 1))

        try:
            numbers = self.made(numbered)
        except Exception:  # noqa: BLE001  a conversion may do with a weight what numbers do not bear
            return None
        rows, whole = numbers.flatten() - _FIRST_ROW, found[0].weight.shape
        is_of_rows = numbers.dtype is torch.int64 and len(rows) == len(numbers) == len(self)
        if (
            not is_of_rows
            or tuple(self.shape[1:]) != whole[1:]
            or not bool(((rows >= 0) & (rows < whole[0])).all())
        ):
            return None
        return found[0], rows

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = args, dict(kwargs or {})
        result = super().__torch_function__(func, types, *given)
        if isinstance(result, torch.Size) or not isinstance(result, torch.Tensor | tuple | list):
            return result  # of a question, such as that for its shape
        made_of = [one for one in tree_leaves(given) if isinstance(one, Traced)]
        for index, one in enumerate(tree_leaves(result)):
            if isinstance(one, Traced) and not any(one is source for source in made_of):
                one.sources = frozenset().union(*(source.sources for source in made_of))
                one.made = lambda read, index=index: _computed(func, given, index, read)
        return result


def _computed(
    func: Callable[..., Any], given: Any, index: int, read: Callable[[Leaf], torch.Tensor]
) -> torch.Tensor:
    args, kwargs = tree_map_only(Traced, lambda one: one.made(read), given)
    return tree_leaves(func(*args, **kwargs))[index]
