"""Values as plain JSON and back. What is no scalar is an object with one key, its type:

``{"Size": [128, 128]}``, a value of the table with its fields in their order; ``{"Phase": "decoding"}``;
``{"path": "/a"}``; ``{"dict": [["a", 1]]}``; ``{"list": [1]}``, where a list alone is a tuple; ``{"set": ["a"]}``;
``{"time": "2026-01-01T12:00:00+01:00"}``; ``{"array": SHA-256}``; ``{"error": ["ModelMissing", ["a", []]]}``; and
``{"#": 3}``, one of the values that were kept.

Both ends keep the same values (`core.remote.table.KEPT`) in the same order, until the sender begins anew. So of a
film that grows only the new frame is sent, and its parts stay the same objects at the other end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from core.errors import WireBroken
from core.language.words import tr
from core.remote.fitting import fits
from core.remote.frames import Message, packed
from core.remote.table import ENUMS, ERRORS, KEPT, TYPES, hints_of

Packed = Mapping[str, tuple[bytes, memoryview]]


LARGEST_KEPT = 2**33
"""Bytes of the messages of one run, of which all arrays may be kept: more than those of the largest film."""


class Encoder:
    """Encodes the values that one end sends, one after the other.

    Attributes:
        kept_bytes: of all that was sent since both ends keep what they keep now.
        renamed: paths, and what is sent in their place.
    """

    def __init__(self) -> None:
        self._kept: dict[int, tuple[object, int]] = {}
        self.renamed: dict[str, str] = {}
        self._arrays: dict[str, tuple[bytes, memoryview]] = {}
        self._is_anew = True
        self.kept_bytes = 0

    def begin_anew(self) -> None:
        """Keeps nothing of what was sent before, at both ends."""
        self._kept.clear()
        self._is_anew, self.kept_bytes = True, 0

    def encode(self, value: object) -> tuple[bytes, Packed]:
        """Returns the text, and the arrays by their SHA-256. Raises TypeError for what is not in the table."""
        self._arrays = {}
        try:
            text = json.dumps([int(self._is_anew), self._encoded(value)], separators=(",", ":")).encode()
        except BaseException:
            self.begin_anew()  # the other end will never see what was kept for it
            raise
        self._is_anew, arrays, self._arrays = False, self._arrays, {}
        self.kept_bytes += len(text)
        return text, arrays

    def _encoded(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.renamed.get(value, value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, tuple):
            return [self._encoded(item) for item in cast("tuple[Any, ...]", value)]
        if (known := self._kept.get(id(value))) is not None:
            return {"#": known[1]}
        name, content = self._named(value)
        if type(value) in KEPT:
            self._kept[id(value)] = value, len(self._kept)
        return {name: content}

    def _named(self, value: Any) -> tuple[str, Any]:
        kind = type(value)
        if isinstance(value, Enum) and kind in ENUMS:
            return kind.__name__, value.name
        if kind.__name__ in TYPES and TYPES[kind.__name__] is kind:
            return kind.__name__, [self._encoded(getattr(value, field.name)) for field in fields(kind)]
        match value:
            case np.ndarray():
                return "array", self._array(cast("NDArray[Any]", value))
            case Path():
                return "path", self._encoded(str(value))
            case Mapping():
                entries = cast("Mapping[object, object]", value)
                return "dict", [[self._encoded(key), self._encoded(item)] for key, item in entries.items()]
            case list():
                return "list", [self._encoded(item) for item in cast("list[Any]", value)]
            case frozenset():
                return "set", sorted(cast("frozenset[str]", value))
            case datetime():
                return "time", value.isoformat()
            case Exception() if ERRORS.get(kind.__name__) is kind:
                return "error", [kind.__name__, [self._detail(getattr(value, name)) for name in hints_of(kind)]]
            case _:
                raise TypeError(f"{kind.__name__} is not in the table of the wire")

    def _detail(self, value: Any) -> Any:
        """Encodes a detail of an error, in words where it may be anything."""
        try:
            return self._encoded(value)
        except TypeError:
            return str(value)

    def _array(self, array: NDArray[Any]) -> str:
        name, head, content = packed(array)
        if name not in self._arrays:
            self._arrays[name] = head, content
            self.kept_bytes += array.nbytes
        return name


class Decoder:
    """Decodes the values that an `Encoder` at the other end has encoded, in their order."""

    def __init__(self, most_bytes: int = LARGEST_KEPT, renamed: Mapping[str, str] = MappingProxyType({})) -> None:
        """Takes at most so many bytes before the other end begins anew; ``renamed`` has what paths become."""
        self._renamed = renamed
        self._most_bytes, self._taken_bytes = most_bytes, 0
        self._kept: list[object] = []
        self._arrays: Mapping[str, NDArray[Any]] = {}

    def decode(self, message: Message) -> Any:
        """Returns the value of a message. Raises WireBroken for what no `Encoder` makes."""
        self._arrays = message.arrays
        try:
            is_anew, content = json.loads(message.text)
            if is_anew:
                self._kept.clear()
                self._taken_bytes = 0
            self._taken_bytes += len(message.text) + sum(array.nbytes for array in message.arrays.values())
            if self._taken_bytes > self._most_bytes:
                raise WireBroken(tr("it sends more than {most:,} bytes of one run", most=self._most_bytes))
            return self._decoded(content)
        except (
            ValueError,
            TypeError,
            KeyError,
            IndexError,
            AttributeError,
            RecursionError,
            OverflowError,
        ) as error:
            raise WireBroken(tr("a value in it is damaged")) from error
        finally:
            self._arrays = {}

    def _decoded(self, content: Any) -> Any:
        if isinstance(content, str):
            return self._renamed.get(content, content)
        if content is None or isinstance(content, bool | int | float):
            return content
        if isinstance(content, list):
            return tuple(self._decoded(item) for item in cast("list[Any]", content))
        ((name, inner),) = cast("dict[str, Any]", content).items()
        if name == "#":
            return self._kept[range(len(self._kept))[inner]]
        value = self._made(name, inner)
        if type(value) in KEPT:
            self._kept.append(value)
        return value

    def _made(self, name: str, inner: Any) -> Any:
        match name:
            case "array":
                return self._arrays[inner]
            case "path":
                return Path(self._renamed.get(inner, inner))
            case "dict":
                return {self._decoded(key): self._decoded(item) for key, item in inner}
            case "list":
                return [self._decoded(item) for item in inner]
            case "set":
                return frozenset(map(str, inner))
            case "time":
                return datetime.fromisoformat(inner)
            case "error":
                return self._error(*inner)
            case _:
                kind = TYPES[name]
                return kind[inner] if issubclass(kind, Enum) else kind(**self._fitting(kind, inner))

    def _error(self, name: str, inner: list[Any]) -> Exception:
        kind = ERRORS[name]
        given = self._fitting(kind, inner)
        return kind(*given["args"]) if "args" in given else kind(**given)

    def _fitting(self, kind: type, inner: list[Any]) -> dict[str, Any]:
        """Returns the values of all fields. Raises TypeError for one that has another type."""
        given = dict(zip(hints_of(kind), map(self._decoded, inner), strict=True))
        for name, hint in hints_of(kind).items():
            if not fits(given[name], hint):
                raise TypeError(f"{kind.__name__}.{name} is {type(given[name]).__name__}")
        return given
