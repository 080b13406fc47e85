"""Named arrays that a run needs beside its request, such as a mask, as a part of the film's JSON.

Each is ``{"dtype": ..., "shape": [...], "zlib": base64}`` under its name. They lie in the JSON and not among the
tensors, because version 1 of the format refuses a tensor that it does not know, and leaves a key alone.
"""

import base64
import math
import zlib
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from core.film.checksums import raw
from core.film.layout import DTYPE_NAMES, DTYPES, Malformed
from core.language.words import tr

MOST_EXTRAS = 16
LONGEST_NAME = 100
MOST_DIMENSIONS = 8
LARGEST_EXTRAS = 32 * 2**20
"""Bytes of all extras of a film together; packed, they also have to fit into its header."""


def extras_to_json(extras: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Raises Malformed for extras that `extras_from_json` would refuse."""
    content: dict[str, Any] = {}
    for name, array in extras.items():
        packed = base64.b64encode(zlib.compress(raw(array))).decode()
        content[name] = {"dtype": DTYPE_NAMES.get(array.dtype), "shape": list(array.shape), "zlib": packed}
    _check(content)
    return content


def extras_from_json(content: object) -> dict[str, NDArray[Any]]:
    """Returns read-only arrays. Raises Malformed before it takes more memory than `LARGEST_EXTRAS`."""
    if not isinstance(content, dict):
        raise Malformed(tr("its extras are damaged"))
    entries = cast("dict[str, Any]", content)
    _check(entries)
    return {name: _unpacked(name, entry) for name, entry in entries.items()}


def _check(entries: dict[str, Any]) -> None:
    if len(entries) > MOST_EXTRAS:
        raise Malformed(
            tr(
                "it has {count} extras; expected at most {most_extras}",
                count=len(entries),
                most_extras=MOST_EXTRAS,
            )
        )
    sizes = [_nbytes(name, entry) for name, entry in entries.items()]
    if sum(sizes) > LARGEST_EXTRAS:
        raise Malformed(
            tr(
                "its extras have {sizes} bytes; expected at most {largest_extras}",
                sizes=sum(sizes),
                largest_extras=LARGEST_EXTRAS,
            )
        )


def _nbytes(name: str, entry: Any) -> int:
    if not name or len(name) > LONGEST_NAME or not isinstance(entry, dict):
        raise Malformed(tr("its extra {name:.40} is damaged", name=name))
    dtype, shape, packed = (cast("dict[str, Any]", entry).get(key) for key in ("dtype", "shape", "zlib"))
    if not isinstance(dtype, str) or dtype not in DTYPES or not isinstance(packed, str):
        raise Malformed(
            tr(
                "its extra {name:.40} is {dtype!s:.20}; expected one of {dtypes}",
                name=name,
                dtype=dtype,
                dtypes=", ".join(DTYPES),
            )
        )
    if (
        not isinstance(shape, list)
        or len(cast("list[object]", shape)) > MOST_DIMENSIONS
        or not all(type(length) is int and 0 <= length < 2**31 for length in cast("list[object]", shape))
    ):
        raise Malformed(tr("its extra {name:.40} has no shape", name=name))
    return math.prod(cast("list[int]", shape)) * DTYPES[dtype].itemsize


def _unpacked(name: str, entry: dict[str, Any]) -> NDArray[Any]:
    expected = _nbytes(name, entry)
    try:
        packed = base64.b64decode(entry["zlib"], validate=True)
        content = zlib.decompressobj().decompress(packed, expected + 1)
    except (ValueError, zlib.error) as error:
        raise Malformed(tr("its extra {name:.40} is damaged", name=name)) from error
    if len(content) != expected:
        raise Malformed(
            tr(
                "its extra {name:.40} does not have the {expected} bytes of its shape",
                name=name,
                expected=expected,
            )
        )
    return np.frombuffer(content, DTYPES[entry["dtype"]]).reshape(entry["shape"])
