"""The checksums of a film's file, and the bytes of its arrays."""

import zlib
from collections.abc import Iterable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray


def checksum(film_json: str, known: Iterable[NDArray[Any]]) -> int:
    """CRC-32 over the film's JSON and the tensors known from the start: sigmas, timesteps, steps, start."""
    return crc_of(known, zlib.crc32(film_json.encode(errors="surrogatepass")))


def crc_of(arrays: Iterable[NDArray[Any]], crc: int = 0) -> int:
    """CRC-32 over the bytes of the arrays, one after the other."""
    for array in arrays:
        crc = zlib.crc32(raw(array), crc)
    return crc


def raw(array: NDArray[Any]) -> memoryview:
    """Returns the bytes of an array, without a copy where it is contiguous; bfloat16 has no buffer of its own."""
    return memoryview(cast("Any", np.ascontiguousarray(array).reshape(-1).view(np.uint8)))
