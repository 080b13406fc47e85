"""Messages as bytes: each is a text in JSON and the arrays that it names, as frames with a kind and a length.

An array is a file of the safetensors format (https://github.com/huggingface/safetensors) with one tensor. It comes
before the text that names it by the SHA-256 of that file. Too much is refused before memory is taken for it.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import WireBroken
from core.film.checksums import raw
from core.film.layout import DTYPE_NAMES, DTYPES
from core.language.words import tr

TEXT, ARRAY = 1, 2
_HEAD = struct.Struct("<BQ")
_LENGTH = struct.Struct("<Q")
_NAME = "array"
_LONGEST_HEADER = 2**12
_MOST_DIMENSIONS = 8
_AT_ONCE = 2**20
"""Bytes that are read at a time: memory is taken for what has come, not for what was announced."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that one end takes from the other, in bytes.

    Attributes:
        text: of a message. array: a single one, such as a picture of 16,000 by 16,000 pixels.
        arrays: of a message together, such as a whole film. count: of these arrays.
    """

    text: int = 2**26
    array: int = 2**30
    arrays: int = 2**32
    count: int = 2**16


DEFAULT_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """A text and the arrays that it names, by the SHA-256 of their files."""

    text: bytes | bytearray
    arrays: Mapping[str, NDArray[Any]]


class Source(Protocol):
    """A stream of bytes, such as a pipe."""

    def read(self, size: int = -1, /) -> bytes | None: ...


class Sink(Protocol):
    """A buffered stream that takes bytes, all of them."""

    def write(self, content: Any, /) -> int | None: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


def write_message(sink: Sink, text: bytes, arrays: Mapping[str, tuple[bytes, memoryview]]) -> None:
    """Writes a text after its arrays, which `packed` has made. Raises OSError where nobody reads."""
    for head, content in arrays.values():
        sink.write(_HEAD.pack(ARRAY, len(head) + content.nbytes) + head)
        sink.write(content)
    sink.write(_HEAD.pack(TEXT, len(text)) + text)
    sink.flush()


class WireCut(WireBroken):
    """The stream ends within a message, as it does when the other end is killed."""


def read_message(source: Source, bounds: Bounds = DEFAULT_BOUNDS) -> Message | None:
    """Returns the next message, None where the stream ends. Raises WireBroken for anything else."""
    arrays: dict[str, NDArray[Any]] = {}
    taken = 0
    while (head := _read(source, _HEAD.size, may_end=not arrays)) is not None:
        kind, length = _HEAD.unpack(head)
        if kind not in (TEXT, ARRAY):
            raise WireBroken(tr("it does not begin as messages of Emulsion do"))
        if kind == TEXT:
            _check_length(length, bounds.text)
            return Message(_read(source, length) or b"", arrays)
        taken += length
        _check_length(length, bounds.array)
        _check_length(taken, bounds.arrays)
        _check_length(len(arrays) + 1, bounds.count)
        content = _read(source, length)
        assert content is not None
        arrays[hashlib.sha256(content).hexdigest()] = unpacked(content)
    return None


def packed(array: NDArray[Any]) -> tuple[str, bytes, memoryview]:
    """Returns the SHA-256 of an array's file, and the file: its header, and the array's own bytes.

    Raises TypeError for a dtype that no value of ours has.
    """
    if (dtype := DTYPE_NAMES.get(array.dtype)) is None:
        raise TypeError(f"an array of {array.dtype} cannot be sent")
    entry = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [0, array.nbytes]}
    text = json.dumps({_NAME: entry}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    head, content = _LENGTH.pack(len(text)) + text, raw(array)
    digest = hashlib.sha256(head)
    digest.update(content)
    return digest.hexdigest(), head, content


def unpacked(content: bytearray) -> NDArray[Any]:
    """Returns the array of a file that `packed` made, without a copy. Raises WireBroken."""
    try:
        (length,) = _LENGTH.unpack_from(content)
        if length > _LONGEST_HEADER:
            raise WireBroken(tr("the header of an array is too long"))
        start = _LENGTH.size + length
        entry = json.loads(content[_LENGTH.size : start])[_NAME]
        dtype, shape = DTYPES[entry["dtype"]], entry["shape"]
        if not all(type(size) is int and size >= 0 for size in shape) or len(shape) > _MOST_DIMENSIONS:
            raise WireBroken(tr("an array has no shape"))
        if math.prod(shape) * dtype.itemsize != len(content) - start:
            raise WireBroken(tr("an array has not the bytes that its shape needs"))
        return np.frombuffer(content, dtype, offset=start).reshape(shape)
    except (struct.error, ValueError, KeyError, TypeError, RecursionError) as error:
        raise WireBroken(tr("the header of an array is damaged")) from error


def _check_length(length: int, most: int) -> None:
    if length > most:
        raise WireBroken(tr("it announces {length:,}; expected at most {most:,}", length=length, most=most))


def _read(source: Source, size: int, *, may_end: bool = False) -> bytearray | None:
    """Returns so many bytes; None for a stream that ends before the first of them, where it may."""
    content = bytearray()
    while len(content) < size:
        part = source.read(min(size - len(content), _AT_ONCE))
        if not part:
            if may_end and not content:
                return None
            raise WireCut(tr("it ends in the middle of a message"))
        content += part
    return content
