"""The places of a film's tensors in its safetensors file, and the strict check of a header.

The format is that of https://github.com/huggingface/safetensors: eight bytes of header length, the header as
JSON, then the tensors without holes. Its metadata carries ``format``, ``version``, ``film`` (JSON) and
``checksum`` (CRC-32 over the JSON and the tensors that are known from the start).
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass, replace
from typing import Any, cast

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from core.language.words import tr

FORMAT = "emulsion-film"
VERSION, WITH_SECOND_PASS = 1, 2
"""Films of two passes have another version, so that programs from before refuse them in words."""

LARGEST_HEADER = 16 * 2**20
"""With a mask it holds the latent of its picture: 10 MiB of FLUX.2 at 2048x2048."""
LARGEST_FILM = 4 * 2**30
MOST_CALLS = 4096
LARGEST_LATENT = (256, 2048, 2048)

GUIDED_ONLY, WITH_HALVES = 1, 2
"""Flags in ``completed``: the call has its guided prediction, or cond and uncond as well; 0: it was not done."""

START, SECOND = "start", "_2"
"""The name of the latent before the first call of a pass; and what names of tensors of a second pass end in."""

_ALIGNMENT = 8
DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "I32": np.dtype("<i4"),
    "U32": np.dtype("<u4"),
    "U8": np.dtype("u1"),
}
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}
_LATENT_NAMES = ("F32", "F16", "BF16")


class Malformed(ValueError):
    """The file is no film of ours; the message says why, as the end of a sentence about the file."""


@dataclass(frozen=True, slots=True)
class LatentKind:
    """Shape (channels, height, width) and dtype of a latent."""

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]

    @classmethod
    def of(cls, latent: NDArray[Any]) -> LatentKind:
        """Raises ValueError for what cannot be recorded."""
        shape = tuple(int(length) for length in latent.shape)
        if len(shape) != 3 or DTYPE_NAMES.get(latent.dtype) not in _LATENT_NAMES:
            raise ValueError(
                tr("cannot record a latent of shape {shape} and dtype {dtype}", shape=shape, dtype=latent.dtype)
            )
        return cls(shape, latent.dtype)


@dataclass(frozen=True, slots=True)
class Tensor:
    """The place of a tensor. ``start`` counts from the beginning of the file, in bytes."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def stride(self) -> int:
        """Returns bytes from one call to the next."""
        return self.nbytes // self.shape[0]


@dataclass(frozen=True, slots=True)
class SecondLayout:
    """The places of a second pass: room for its calls, its start, and its predictions."""

    places: int
    start: LatentKind
    prediction: LatentKind


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of all tensors of one film.

    Attributes:
        calls: network calls of the whole run; ``sigmas``, ``timesteps`` and ``steps`` have this length.
        places: calls there is room for; fewer than ``calls`` when a stopped run was trimmed. ``guided``, ``cond``,
            ``uncond``, ``checksums`` and ``completed`` have this length, of two passes these three both together.
        start: the latent before the first call. prediction: what the network gives.
        second: of a second pass, whose tensors have names that end in `SECOND`, or None.
    """

    calls: int
    places: int
    start: LatentKind
    prediction: LatentKind
    has_guidance: bool
    second: SecondLayout | None = None

    @property
    def version(self) -> int:
        return VERSION if self.second is None else WITH_SECOND_PASS

    @property
    def first_places(self) -> int:
        """Returns for how many calls of the first pass there is room."""
        return self.places - (self.second.places if self.second is not None else 0)

    def trimmed(self, places: int) -> Layout:
        """Returns the layout with room for the first calls only."""
        second = self.second
        if second is not None:
            second = replace(second, places=max(places - self.first_places, 0))
        return replace(self, places=places, second=second)

    def table(self) -> dict[str, tuple[np.dtype[Any], tuple[int, ...]]]:
        """Names, dtypes and shapes, in the order in which they lie; large alignment first."""
        predictions = ("guided", "cond", "uncond") if self.has_guidance else ("guided",)
        start: dict[str, tuple[np.dtype[Any], tuple[int, ...]]] = {}
        later = start.copy()
        if (second := self.second) is not None:
            kind = (second.prediction.dtype, (second.places, *second.prediction.shape))
            start = {START + SECOND: (second.start.dtype, second.start.shape)}
            later = {name + SECOND: kind for name in predictions}
        return {
            "sigmas": (DTYPES["F64"], (self.calls,)),
            "timesteps": (DTYPES["F32"], (self.calls,)),
            "steps": (DTYPES["I32"], (self.calls,)),
            START: (self.start.dtype, self.start.shape),
            **start,
            "checksums": (DTYPES["U32"], (self.places,)),
            **dict.fromkeys(predictions, (self.prediction.dtype, (self.first_places, *self.prediction.shape))),
            **later,
            "completed": (DTYPES["U8"], (self.places,)),
        }


@dataclass(frozen=True, slots=True)
class Header:
    """A whole header: the film's JSON, its checksum, and where the tensors lie."""

    layout: Layout
    film_json: str
    checksum: int

    def encode(self) -> bytes:
        """Returns the first bytes of the file, up to the first tensor. Raises Malformed when they are too many."""
        table: dict[str, object] = {
            "__metadata__": {
                "format": FORMAT,
                "version": str(self.layout.version),
                "film": self.film_json,
                "checksum": f"{self.checksum:08x}",
            }
        }
        offset = 0
        for name, (dtype, shape) in self.layout.table().items():
            end = offset + int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
            table[name] = {"dtype": DTYPE_NAMES[dtype], "shape": list(shape), "data_offsets": [offset, end]}
            offset = end
        text = json.dumps(table, separators=(",", ":")).encode()
        text += b" " * (-len(text) % _ALIGNMENT)
        if len(text) > LARGEST_HEADER:
            raise Malformed(
                tr(
                    "its header would have {count} bytes; expected at most {largest_header}",
                    count=len(text),
                    largest_header=LARGEST_HEADER,
                )
            )
        return struct.pack("<Q", len(text)) + text

    def tensors(self) -> dict[str, Tensor]:
        offset = len(self.encode())
        places: dict[str, Tensor] = {}
        for name, (dtype, shape) in self.layout.table().items():
            places[name] = Tensor(dtype, shape, offset)
            offset += places[name].nbytes
        return places


def decode_header(text: bytes) -> Header:
    """Reads what `Header.encode` wrote (without the length). Raises Malformed for anything else."""
    try:
        table = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed(tr("its header is damaged")) from error
    if not isinstance(table, dict):
        raise Malformed(tr("its header is damaged"))
    table = cast("dict[str, Any]", table)
    metadata = table.pop("__metadata__", None)
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise Malformed(tr("it contains tensors, but no film"))
    if metadata.get("version") not in (str(VERSION), str(WITH_SECOND_PASS)):
        raise Malformed(
            tr(
                "it is of version {metadata!s:.20} of the format; this program reads {version}",
                metadata=metadata.get("version"),
                version=WITH_SECOND_PASS,
            )
        )
    film_json, claimed = metadata.get("film"), metadata.get("checksum")
    if not isinstance(film_json, str) or not isinstance(claimed, str) or len(claimed) != 8:
        raise Malformed(tr("its header is damaged"))
    layout = _layout(table)
    try:
        header = Header(layout, film_json, int(claimed, 16))
    except ValueError as error:
        raise Malformed(tr("its header is damaged")) from error
    if header.encode()[8:] != text:
        raise Malformed(tr("its tensors are not those of a film"))
    return header


def _layout(table: dict[str, Any]) -> Layout:
    (calls,) = _shape(table, "sigmas", 1)
    (places,) = _shape(table, "completed", 1)
    start, prediction = _latent(table, START), _latent(table, "guided")
    second = None
    if START + SECOND in table:
        later = _latent(table, START + SECOND), _latent(table, "guided" + SECOND)
        second = SecondLayout(_shape(table, "guided" + SECOND, 4)[0], *later)
        if second.places > places:
            raise Malformed(tr("its tensors are not those of a film"))
    if not 1 <= places <= calls <= MOST_CALLS:
        raise Malformed(
            tr(
                "it has room for {places} of {calls} network calls; expected 1 to {most_calls}",
                places=places,
                calls=calls,
                most_calls=MOST_CALLS,
            )
        )
    return Layout(calls, places, start, prediction, "cond" in table, second)


def _latent(table: dict[str, Any], name: str) -> LatentKind:
    shape = _shape(table, name, 3 if name.startswith(START) else 4)[-3:]
    dtype = table[name].get("dtype")
    if dtype not in _LATENT_NAMES:
        raise Malformed(
            tr(
                "{name} is {dtype!s:.20}; expected one of {latent_names}",
                name=name,
                dtype=dtype,
                latent_names=", ".join(_LATENT_NAMES),
            )
        )
    if not all(1 <= length <= most for length, most in zip(shape, LARGEST_LATENT, strict=True)):
        raise Malformed(
            tr(
                "{name} has the shape {shape}; expected at most {largest_latent}",
                name=name,
                shape=shape,
                largest_latent=LARGEST_LATENT,
            )
        )
    return LatentKind((shape[0], shape[1], shape[2]), DTYPES[dtype])


def _shape(table: dict[str, Any], name: str, dimensions: int) -> tuple[int, ...]:
    entry = table.get(name)
    shape = entry.get("shape") if isinstance(entry, dict) else None
    if (
        not isinstance(shape, list)
        or len(shape) != dimensions
        or not all(type(length) is int and 0 <= length < 2**31 for length in shape)
    ):
        raise Malformed(tr("its tensor {name} is missing or has another shape", name=name))
    return tuple(shape)
