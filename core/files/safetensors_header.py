"""The header of a safetensors file, read strictly and in bounds before anything loads the file.

The format is that of https://github.com/huggingface/safetensors: eight bytes of header length, the header as
JSON (for each tensor dtype, shape and data_offsets; ``__metadata__`` with texts), then the tensors without gaps.
Errors name other content that broken downloads and other programs leave: a web page, a pickle, a cut off file.
Nothing in the file is executed, and no more of it is read than the header.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from core.errors import ModelBroken
from core.files.atomic import words_of
from core.files.pickles import PICKLES
from core.files.stamps import Stamp, stamp_of
from core.language.words import tr

LARGEST_HEADER = 6 * 2**20
"""Bytes; twenty times that of the largest checkpoints. The library itself would read 100 MB."""

_KEPT = 8
"""Contents; a model's files are asked for one thing after the other while it is loaded."""

MOST_TENSORS = 50_000
MOST_DIMENSIONS = 16
MOST_TEXTS = 5_000
LONGEST_KEPT_TEXT = 2**18
"""Characters; longer metadata (training logs, whole workflows) is left out."""

PICKLED_SUFFIXES = frozenset({*PICKLES, ".pkl", ".pickle"})
PICKLED = tr("pickled weights can run any program when they are loaded; Emulsion loads .safetensors and .gguf")

_DTYPES = {
    4: "F4",
    6: "F6_E2M3 F6_E3M2",
    8: "BOOL U8 I8 F8_E5M2 F8_E4M3 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ",
    16: "U16 I16 F16 BF16",
    32: "U32 I32 F32",
    64: "C64 U64 I64 F64",
}
BITS: Mapping[str, int] = MappingProxyType(
    {name: bits for bits, names in _DTYPES.items() for name in names.split()}
)
"""Bits of one value, by the names of the format."""

_OTHER_KINDS = (
    (
        re.compile(rb"version https://git-lfs"),
        tr("it is a git-lfs pointer: the weights themselves were not downloaded"),
        True,
    ),
    (
        re.compile(rb"(?i)\s*<(!doctype|html|head|body|\?xml)"),
        tr("it is a web page: the download went wrong"),
        True,
    ),
    (
        re.compile(rb"PK\x03\x04|PK\x05\x06"),
        tr("it is a zip archive with another name, as PyTorch saves: {pickled}", pickled=PICKLED),
        False,
    ),
    (re.compile(rb"\x80[\x02-\x05]"), tr("it is a pickle with another name: {pickled}", pickled=PICKLED), False),
    (re.compile(rb"GGUF"), tr("it is a GGUF file; a .safetensors file is expected here"), False),
    (re.compile(rb"\s*[{\[]"), tr("it is a text in JSON: the download went wrong"), True),
)
"""The first bytes of other files, the reason against each, and True where another copy would help."""

_TENSOR = re.compile(r"\{[^{}]{2,1500}\}")
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """One tensor: its dtype in the format's words (`BITS`), shape, and the place of its bytes after the header."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class SafetensorsHeader:
    """The content of a file, by its header.

    Attributes:
        tensors: by name, in the order of the header.
        metadata: what its maker wrote into it; texts from outside, so not to be trusted.
        stamp: of the file when its header was read.
        begin: the place of the first tensor's bytes in the file.
    """

    path: Path
    tensors: Mapping[str, TensorEntry]
    metadata: Mapping[str, str]
    stamp: Stamp = (0, 0)
    begin: int = 0

    @property
    def parameters(self) -> int:
        """Returns the number of weights."""
        return sum(math.prod(entry.shape) for entry in self.tensors.values())

    def shape(self, name: str) -> tuple[int, ...] | None:
        """Returns the shape of a tensor, or None if it is not there."""
        entry = self.tensors.get(name)
        return None if entry is None else entry.shape


def read_safetensors_header(path: Path) -> SafetensorsHeader:
    """Reads and checks the header and the length of the file. Raises ModelBroken with the reason."""
    if path.suffix.lower() in PICKLED_SUFFIXES:
        raise ModelBroken(path, tr("a {suffix} file: {pickled}", suffix=path.suffix.lower(), pickled=PICKLED))
    try:
        if not path.is_file():  # also refuses pipes and devices, which would block
            if path.is_dir():
                raise ModelBroken(path, tr("this is a folder, not a file"))
            raise ModelBroken(path, tr("this file is missing"), is_damaged=True)
        with path.open("rb") as file:
            stamp = stamp_of(file.fileno())
            start = file.read(512)
            length = int.from_bytes(start[:8], "little")
            _check_start(path, start, length, stamp[0])
            file.seek(8)
            encoded = file.read(length)
    except (OSError, ValueError) as error:
        words = words_of(error) if isinstance(error, OSError) else tr("it is not where its path says")
        raise ModelBroken(path, tr("it cannot be read ({words})", words=words)) from error
    try:
        tensors, metadata = _content(encoded, stamp[0] - 8 - length)
    except _Malformed as error:
        raise ModelBroken(path, str(error), is_damaged=True) from error
    except (ValueError, RecursionError) as error:
        raise ModelBroken(path, tr("its header is damaged"), is_damaged=True) from error
    return SafetensorsHeader(path, tensors, metadata, stamp, 8 + length)


class _Malformed(Exception):
    """The fault of a header."""


@lru_cache(_KEPT)
def _content(encoded: bytes, data_bytes: int) -> tuple[Mapping[str, TensorEntry], Mapping[str, str]]:
    """Returns tensors and metadata. Raises _Malformed, ValueError or RecursionError."""
    tensors, metadata = _Scanner(encoded.decode("utf-8")).header()
    _check_layout(tensors, data_bytes)
    return MappingProxyType(tensors), MappingProxyType(metadata)


def _check_start(path: Path, start: bytes, length: int, size: int) -> None:
    """Raises ModelBroken unless a header can follow."""
    if size == 0:
        raise ModelBroken(path, tr("the file is empty"), is_damaged=True)
    if start[8:9] == b"{" and length <= min(size - 8, LARGEST_HEADER):
        return
    for pattern, reason, is_damaged in _OTHER_KINDS:
        if pattern.match(start.removeprefix(b"\xef\xbb\xbf")):
            raise ModelBroken(path, reason, is_damaged=is_damaged)
    if start[8:9] not in (b"{", b""):
        raise ModelBroken(path, tr("it is not a safetensors file, or it is damaged"), is_damaged=True)
    if length <= LARGEST_HEADER:
        raise ModelBroken(path, tr("it is cut off within its header"), is_damaged=True)
    claims = tr("it claims a header of {length:,} bytes: it is damaged or not a safetensors file", length=length)
    raise ModelBroken(path, claims, is_damaged=True)


class _Scanner:
    """Walks over the one shape that a header may have, so that a hostile header can neither nest nor grow."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def header(self) -> tuple[dict[str, TensorEntry], dict[str, str]]:
        tensors: dict[str, TensorEntry] = {}
        metadata: dict[str, str] | None = None
        for name in self._names():
            if name in tensors or (name == "__metadata__" and metadata is not None):
                raise _Malformed(tr("its header is damaged: it names {name!r} twice", name=name[:80]))
            if name == "__metadata__":
                metadata = self._metadata()
                continue
            if len(tensors) == MOST_TENSORS:
                raise _Malformed(tr("it names more than {most_tensors:,} tensors", most_tensors=MOST_TENSORS))
            tensors[name] = self._tensor(name)
        if self._text[self._at :].strip(" \t\r\n\0"):
            raise _Malformed(tr("its header is damaged: something follows its end"))
        return tensors, metadata or {}

    def _names(self) -> Any:
        """Goes through an object: yields each name while standing at its value."""
        self._take("{")
        is_first = True
        while self._peek() != "}":
            if not is_first:
                self._take(",")
            is_first = False
            name = self._string()
            self._take(":")
            yield name
        self._take("}")

    def _metadata(self) -> dict[str, str]:
        kept: dict[str, str] = {}
        for count, name in enumerate(self._names()):
            if count == MOST_TEXTS:
                raise _Malformed(tr("its metadata have more than {most_texts:,} entries", most_texts=MOST_TEXTS))
            value = self._string()
            if len(name) + len(value) <= LONGEST_KEPT_TEXT:
                kept[name] = value
        return kept

    def _tensor(self, name: str) -> TensorEntry:
        self._peek()
        match = _TENSOR.match(self._text, self._at)
        if match is None:
            raise _Malformed(tr("its header is damaged at tensor {name!r}", name=name[:80]))
        self._at = match.end()
        entry = cast("dict[str, object]", json.loads(match[0]))
        dtype, shape, offsets = entry.get("dtype"), _sizes(entry.get("shape")), _sizes(entry.get("data_offsets"))
        if not isinstance(dtype, str) or shape is None or offsets is None or len(entry) != 3:
            raise _Malformed(tr("its header is damaged at tensor {name!r}", name=name[:80]))
        if dtype not in BITS:
            raise _Malformed(
                tr("tensor {name!r} has the unknown dtype {dtype!r}", name=name[:80], dtype=dtype[:20])
            )
        if len(offsets) != 2 or 8 * (offsets[1] - offsets[0]) != math.prod(shape) * BITS[dtype]:
            raise _Malformed(tr("tensor {name!r} has not the bytes that its shape needs", name=name[:80]))
        return TensorEntry(dtype, shape, offsets[0], offsets[1])

    def _string(self) -> str:
        if self._peek() != '"':
            raise _Malformed(tr("its header is damaged: a name or a text is missing"))
        value, self._at = _DECODER.raw_decode(self._text, self._at)
        return str(value)

    def _peek(self) -> str:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at
        return self._text[self._at : self._at + 1]

    def _take(self, mark: str) -> None:
        if self._peek() != mark:
            raise _Malformed(tr("its header is damaged: {mark} is missing", mark=mark))
        self._at += 1


def _sizes(value: object) -> tuple[int, ...] | None:
    """Returns whole numbers from 0 on that fit into 63 bits, or None."""
    if not isinstance(value, list):
        return None
    items = cast("list[object]", value)
    sizes = tuple(item for item in items if type(item) is int and 0 <= item < 2**63)
    return sizes if len(sizes) == len(items) <= MOST_DIMENSIONS else None


def _check_layout(tensors: Mapping[str, TensorEntry], data_bytes: int) -> None:
    """Checks that the tensors lie one after the other and fill the file. Raises _Malformed."""
    at = 0
    for entry in sorted(tensors.values(), key=lambda entry: (entry.begin, entry.end)):
        if entry.begin != at:
            raise _Malformed(tr("its header is damaged: its tensors overlap or leave gaps"))
        at = entry.end
    if at > data_bytes:
        raise _Malformed(tr("it is cut off: {at:,} bytes of its weights are missing", at=at - data_bytes))
    if at < data_bytes:
        raise _Malformed(tr("{data_bytes:,} bytes follow its weights: it is damaged", data_bytes=data_bytes - at))
