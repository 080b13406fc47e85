"""The header of a GGUF file, read strictly and in bounds before anything loads the file.

The format is ggml's (``gguf.md`` of https://github.com/ggml-org/ggml): a magic word, a version, the numbers of
tensors and of metadata entries, the metadata, the tensors' names, sizes, types and places, then the tensors, each
at a multiple of the alignment. Nothing in the file is executed, and no more of it is read than the header.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from struct import Struct, error
from types import MappingProxyType
from typing import Any

from core.errors import ModelBroken
from core.files.atomic import words_of
from core.files.safetensors_header import (
    LONGEST_KEPT_TEXT,
    MOST_TENSORS,
    MOST_TEXTS,
    SafetensorsHeader,
    TensorEntry,
)
from core.files.stamps import stamp_of
from core.language.words import tr

MAGIC = b"GGUF"
ORIGINAL_SHAPE = "comfy.gguf.orig_shape."
"""Begins the names of metadata in which city96's converter keeps the shape of a tensor that it has flattened."""

_READ_AT_ONCE = (2**18, 2**21, 2**24)
"""Bytes that are read from the beginning, until the header is whole; encoders bring their vocabulary in it."""

_VERSIONS = (2, 3)
_MOST_DIMENSIONS = 6
_LONGEST_NAME = 1024
_LONGEST_KEPT_ARRAY = 64
_MOST_WORDS = 2**19
_KEPT_TEXTS = 2**20
"""Bytes of all texts of the metadata that are kept, by their order."""

_LARGEST_ALIGNMENT = 2**16

_TYPES: Mapping[int, tuple[str, int, int]] = MappingProxyType(
    {
        0: ("F32", 1, 4),
        1: ("F16", 1, 2),
        2: ("Q4_0", 32, 18),
        3: ("Q4_1", 32, 20),
        6: ("Q5_0", 32, 22),
        7: ("Q5_1", 32, 24),
        8: ("Q8_0", 32, 34),
        9: ("Q8_1", 32, 40),
        10: ("Q2_K", 256, 84),
        11: ("Q3_K", 256, 110),
        12: ("Q4_K", 256, 144),
        13: ("Q5_K", 256, 176),
        14: ("Q6_K", 256, 210),
        15: ("Q8_K", 256, 292),
        16: ("IQ2_XXS", 256, 66),
        17: ("IQ2_XS", 256, 74),
        18: ("IQ3_XXS", 256, 98),
        19: ("IQ1_S", 256, 50),
        20: ("IQ4_NL", 32, 18),
        21: ("IQ3_S", 256, 110),
        22: ("IQ2_S", 256, 82),
        23: ("IQ4_XS", 256, 136),
        24: ("I8", 1, 1),
        25: ("I16", 1, 2),
        26: ("I32", 1, 4),
        27: ("I64", 1, 8),
        28: ("F64", 1, 8),
        29: ("IQ1_M", 256, 56),
        30: ("BF16", 1, 2),
        34: ("TQ1_0", 256, 54),
        35: ("TQ2_0", 256, 66),
        39: ("MXFP4", 32, 17),
        40: ("NVFP4", 64, 36),
    }
)
"""The name of each type, how many values lie in one of its blocks, and the bytes of a block (``ggml.h``)."""

BLOCKS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {name: (values, size) for name, values, size in _TYPES.values()}
)
"""Values and bytes of a block, by the name of the type; one value for the types that safetensors has, too."""

_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRUCTS: Mapping[int, Struct] = MappingProxyType({code: Struct(f"<{kind}") for code, kind in _NUMBERS.items()})
_TEXT, _ARRAY = 8, 9
_U32, _U64 = _STRUCTS[4], _STRUCTS[10]


def read_gguf_header(path: Path) -> SafetensorsHeader:
    """Reads and checks the header and the length of the file. Raises ModelBroken with the reason.

    Tensors are in the order of the file; their ``dtype`` is the name of the type (`BLOCKS`), their ``shape`` has
    the order of torch (rows first) and is the original one where the writer has flattened the tensor.
    ``metadata`` has texts as they are, numbers, truth values and short arrays as JSON; long texts and arrays, as
    of a vocabulary, are left out.
    """
    try:
        if not path.is_file():  # also refuses pipes and devices, which would block
            raise ModelBroken(path, tr("this file is missing"), is_damaged=True)
        with path.open("rb") as file:
            stamp = stamp_of(file.fileno())
            for size in _READ_AT_ONCE:
                file.seek(0)
                try:
                    return _Reader(path, file.read(size)).header(stamp)
                except (error, OverflowError) as ended:  # there is more than what was read
                    if size >= stamp[0]:
                        raise ModelBroken(path, tr("it is cut off within its header"), is_damaged=True) from ended
    except OSError as failed:
        raise ModelBroken(path, tr("it cannot be read ({strerror})", strerror=words_of(failed))) from failed
    except UnicodeDecodeError as wrong:
        raise ModelBroken(path, tr("its header is damaged: a name is not ASCII"), is_damaged=True) from wrong
    claims = tr(
        "its header is longer than {read_at_once} MB: it is damaged", read_at_once=_READ_AT_ONCE[-1] // 2**20
    )
    raise ModelBroken(path, claims, is_damaged=True)


class _Reader:
    """Walks over the bytes of a header. Raises struct.error or OverflowError where these end too early."""

    def __init__(self, path: Path, content: bytes) -> None:
        self._path = path
        self._content = content
        self._at = 0
        self._room = _KEPT_TEXTS

    def header(self, stamp: tuple[int, int]) -> SafetensorsHeader:
        """Returns the checked header. Raises ModelBroken."""
        if not self._content.startswith(MAGIC):
            raise self._broken(tr("it is not a GGUF file, or it is damaged"))
        self._at = 4
        version = self._number(_U32)
        if version not in _VERSIONS:
            is_swapped = int.from_bytes(int(version).to_bytes(4, "little"), "big") in _VERSIONS
            why = (
                tr("for processors with the other order of bytes")
                if is_swapped
                else tr("of version {version}", version=version)
            )
            raise ModelBroken(self._path, tr("it is a GGUF file {why}; version 2 or 3 is expected", why=why))
        tensors, entries = self._number(_U64), self._number(_U64)
        if tensors > MOST_TENSORS:
            raise self._broken(tr("it names more than {most_tensors:,} tensors", most_tensors=MOST_TENSORS))
        if entries > MOST_TEXTS:
            raise self._broken(tr("its metadata have more than {most_texts:,} entries", most_texts=MOST_TEXTS))
        metadata: dict[str, Any] = {}
        for _ in range(entries):
            name = self._name()
            value = self._value(self._number(_U32))
            if value is not None:
                metadata[name] = value
        found = dict[str, TensorEntry]()
        for _ in range(tensors):
            name, entry = self._tensor(metadata)
            if name in found:
                raise self._broken(tr("its header is damaged: it names {name!r} twice", name=name[:80]))
            found[name] = entry
        alignment = metadata.get("general.alignment", 32)
        if type(alignment) is not int or not 0 < alignment <= _LARGEST_ALIGNMENT or alignment & (alignment - 1):
            raise self._broken(tr("its header is damaged: its alignment is not a power of two"))
        begin = _aligned(self._at, alignment)
        self._check_layout(found.values(), alignment, stamp[0] - begin)
        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in metadata.items()}
        return SafetensorsHeader(self._path, MappingProxyType(found), MappingProxyType(texts), stamp, begin)

    def _tensor(self, metadata: Mapping[str, Any]) -> tuple[str, TensorEntry]:
        name = self._name()
        dimensions = self._number(_U32)
        if dimensions > _MOST_DIMENSIONS:
            raise self._broken(tr("its header is damaged at tensor {name!r}", name=name[:80]))
        stored = tuple(self._number(_U64) for _ in range(dimensions))[::-1]
        code, begin = self._number(_U32), self._number(_U64)
        if code not in _TYPES:
            raise self._broken(tr("tensor {name!r} has the unknown type {code}", name=name[:80], code=code))
        dtype, values, size = _TYPES[code]
        count = math.prod(stored)
        if count >= 2**63 or (stored[-1] if stored else 1) % values:
            raise self._broken(
                tr("tensor {name!r} has no whole number of blocks of {dtype}", name=name[:80], dtype=dtype)
            )
        shape = metadata.get(f"{ORIGINAL_SHAPE}{name}", list(stored))
        if not _is_shape(shape) or math.prod(shape) != count:
            raise self._broken(tr("tensor {name!r} has not as many values as its original shape", name=name[:80]))
        return name, TensorEntry(dtype, tuple(shape), begin, begin + count // values * size)

    def _value(self, kind: int) -> str | float | list[Any] | None:
        """Returns a value of the metadata, None for one that is not kept."""
        if kind == _TEXT:
            return self._text()
        if kind in _STRUCTS:
            return self._number(_STRUCTS[kind])
        if kind != _ARRAY:
            raise self._broken(tr("its header is damaged: its metadata have the unknown type {kind}", kind=kind))
        kind, count = self._number(_U32), self._number(_U64)
        if kind == _TEXT:
            self._pass_texts(count)
            return None
        if kind not in _STRUCTS:
            raise self._broken(tr("its header is damaged: an array of its metadata has no known type"))
        if count <= _LONGEST_KEPT_ARRAY:
            return [self._number(_STRUCTS[kind]) for _ in range(count)]
        self._at += count * _STRUCTS[kind].size
        return None

    def _number(self, kind: Struct) -> Any:
        (value,) = kind.unpack_from(self._content, self._at)
        self._at += kind.size
        return value

    def _name(self) -> str:
        return self._bytes(_LONGEST_NAME).decode("ascii")

    def _text(self) -> str | None:
        """Returns a text, None for one that is too long to be kept."""
        text = self._bytes(2**63)
        if len(text) > min(LONGEST_KEPT_TEXT, self._room):
            return None
        self._room -= len(text)
        return text.decode("utf-8", "replace")

    def _bytes(self, longest: int) -> bytes:
        length = self._number(_U64)
        if length > longest:
            raise self._broken(tr("its header is damaged: a name has {length:,} bytes", length=length))
        begin, self._at = self._at, self._at + length
        if self._at > len(self._content):
            raise OverflowError
        return self._content[begin : self._at]

    def _pass_texts(self, count: int) -> None:
        """Goes over the texts of an array; a vocabulary has some hundred thousand."""
        if count > _MOST_WORDS:
            raise self._broken(
                tr("an array of its metadata has more than {most_words:,} texts", most_words=_MOST_WORDS)
            )
        at, content, length = self._at, self._content, _U64.unpack_from
        for _ in range(count):
            at += 8 + length(content, at)[0]
        self._at = at

    def _check_layout(self, entries: Iterable[TensorEntry], alignment: int, data_bytes: int) -> None:
        """Checks that the tensors lie one after the other and within the file. Raises ModelBroken."""
        at = 0
        for entry in sorted(entries, key=lambda entry: (entry.begin, entry.end)):
            if entry.begin != _aligned(at, alignment):
                raise self._broken(tr("its header is damaged: its tensors overlap or leave gaps"))
            at = entry.end
        if at > data_bytes:
            raise self._broken(tr("it is cut off: {at:,} bytes of its weights are missing", at=at - data_bytes))

    def _broken(self, reason: str) -> ModelBroken:
        return ModelBroken(self._path, reason, is_damaged=True)


def _aligned(at: int, alignment: int) -> int:
    return -(-at // alignment) * alignment


def _is_shape(value: object) -> bool:
    return isinstance(value, list) and all(type(size) is int and 0 <= size < 2**63 for size in value)
