"""Tensors without content that remember how they are made of those of a file, so that each is read when needed.

A conversion of names runs over them in no time; then every weight is read by itself, straight into the form in
which the network has it. Files are read and not mapped: one that is cut off while it is mapped ends the process,
and Windows lets nobody delete it.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from typing import Any, cast

import torch
from torch.utils._pytree import tree_leaves, tree_map_only

from core.errors import ModelBroken
from core.files.safetensors_header import SafetensorsHeader
from core.files.stamps import stamp_of
from core.language.words import tr

_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "BOOL": torch.bool,
}


class Traced(torch.Tensor):
    """Stands for a tensor that is read, or computed from such ones, at each call of `content`.

    Attributes:
        sources: the names of the tensors of a file that it is made of.
        content: reads and computes it; the result has memory of its own.
    """

    sources: frozenset[str] = frozenset()
    content: Callable[[], torch.Tensor]

    @classmethod
    def of(cls, header: SafetensorsHeader, name: str) -> Traced:
        entry = header.tensors[name]
        dtype = _DTYPES.get(entry.dtype, torch.uint8)
        one = torch.empty(entry.shape, dtype=dtype, device="meta").as_subclass(cls)
        one.sources, one.content = frozenset({name}), lambda: read_tensor(header, name)
        return one

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = args, dict(kwargs or {})
        result = super().__torch_function__(func, types, *given)
        made_of = [one for one in tree_leaves(given) if isinstance(one, Traced)]
        for index, one in enumerate(tree_leaves(result)):
            if isinstance(one, Traced) and not any(one is source for source in made_of):
                one.sources = frozenset().union(*(source.sources for source in made_of))
                one.content = lambda index=index: _computed(func, given, index)
        return result


def _computed(func: Callable[..., Any], given: Any, index: int) -> torch.Tensor:
    args, kwargs = tree_map_only(Traced, lambda one: one.content(), given)
    return tree_leaves(func(*args, **kwargs))[index]


def read_tensor(header: SafetensorsHeader, name: str) -> torch.Tensor:
    """Reads one tensor into memory of its own.

    Its place there does not depend on the file: MKL adds up in another order for weights at odd addresses.

    Raises ModelBroken where the file is not the one any more whose header this is, OSError or ValueError.
    """
    entry = header.tensors[name]
    tensor = torch.empty(entry.shape, dtype=_DTYPES.get(entry.dtype, torch.uint8))
    rest = memoryview(cast("Any", tensor.reshape(-1).view(torch.uint8).numpy()))
    if len(rest) != entry.end - entry.begin:
        raise ValueError(tr("{name} is of the dtype {dtype}", name=name, dtype=entry.dtype))
    with header.path.open("rb", buffering=0) as file:
        file.seek(header.begin + entry.begin)
        while rest:  # one call reads 2 GB at most
            count = file.readinto(rest)
            if not count:
                raise OSError(errno.EIO, tr("it has been cut off meanwhile"))
            rest = rest[count:]
        if stamp_of(file.fileno()) != header.stamp:  # asked last: it may change while it is read
            raise ModelBroken(header.path, tr("its content has changed since it was loaded; start the run again"))
    return tensor
