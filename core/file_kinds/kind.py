"""The type of a row of the table, and the search for one in a file's header."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from core.files.safetensors_header import SafetensorsHeader
from core.language.words import tr

Use = Literal[
    "network",
    "text encoder",
    "autoencoder",
    "tiny autoencoder",
    "ControlNet",
    "upscaler",
    "embedding",
    "part",
    "addition",
]
"""The place of a file in a model. A part belongs to one, an addition changes one; those have no place here yet."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A tensor of which one dimension tells the size of something.

    Attributes:
        names: of the tensor, by whoever wrote it.
        times: the dimension is so many times as large as what it tells.
    """

    names: tuple[str, ...]
    dimension: int = 0
    times: int = 1

    def of(self, header: SafetensorsHeader, start: str = "") -> int | None:
        """Returns the size; None where no such tensor is there. ``start`` begins the names in the file."""
        for name in self.names:
            entry = header.tensors.get(f"{start}{name}")
            if entry is None or len(entry.shape) <= self.dimension:
                continue
            is_halved = entry.dtype == "U8" and self.dimension == len(entry.shape) - 1 > 0  # two values in a byte
            size = entry.shape[self.dimension] * (1 + is_halved) // self.times
            return size if size > 0 and entry.shape[-1:] != (1,) else None  # NF4 has one long column
        return None


UNMEASURED = Measure(())

_LONGEST_BEGINNING = 128
"""No name of the table is longer; a name of thousands of dots would need gigabytes for all its beginnings."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A property that files of a kind may have; each of its conditions holds then.

    Attributes:
        name: as users know it, after the name of the kind.
        has, lacks: a name of a tensor that is there, and one that is not.
        measure, size: a size that it has.
        words: a pattern for the file's name, in lower case, where its tensors do not tell.
        is_usable: the engine could work with it, were its family there.
    """

    name: str
    has: str = ""
    lacks: str = ""
    measure: Measure = UNMEASURED
    size: int = 0
    words: str = ""
    is_usable: bool = True


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file.

    A name that ends with a dot stands for all that begin so; one that begins with ``^`` has no start before it.

    Attributes:
        key: by which families ask for it, see `core.families.spec.Role`.
        name: as users know it.
        tells: names of tensors; a file with all of one of these groups is of this kind.
        lacks: names that such a file does not have.
        width: tells the width of an encoder's hidden states, or the channels of an autoencoder's latents.
        rank: dimensions that the first tensor of the group has, 0 for any number.
        sizes: names of the usual ones by their width.
        architectures: of the metadata of a GGUF file; one of another architecture is of another kind.
        marks: its variants.
        asks: the marks of which its tensors do not tell; one of them holds for each file.
    """

    use: Use
    key: str
    name: str
    tells: tuple[tuple[str, ...], ...]
    lacks: tuple[str, ...] = ()
    width: Measure = UNMEASURED
    rank: int = 0
    sizes: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    architectures: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    asks: tuple[str, ...] = ()

    def start_in(self, names: Names, starts: Iterable[str]) -> str | None:
        """Returns the start of the names with which a file is of this kind, or None."""
        architecture = names.header.metadata.get("general.architecture")
        if self.architectures and architecture is not None and architecture not in self.architectures:
            return None
        for start in starts:
            for group in self.tells:
                if all(names.have(name, start) for name in group):
                    is_lacking = not any(names.have(name, start) for name in self.lacks)
                    if is_lacking and self.rank in (0, len(names.header.shape(f"{start}{group[0]}") or ())):
                        return start
        return None


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a file's tensors; ``all`` has also their beginnings that end with a dot."""

    header: SafetensorsHeader
    all: frozenset[str]

    @classmethod
    def of(cls, header: SafetensorsHeader) -> Names:
        found = set(header.tensors)
        for name in header.tensors:
            at = name.rfind(".", 0, _LONGEST_BEGINNING)
            while at > 0 and (beginning := name[: at + 1]) not in found:
                found.add(beginning)
                at = name.rfind(".", 0, at)
            if "_" in name:
                found.add(name[: name.index("_") + 1])  # flat names, as those of ControlNet-LLLite
        return cls(header, frozenset(found))

    def have(self, name: str, start: str) -> bool:
        """Returns True for a name, or a beginning of one, that is there; see `FileKind`."""
        return (name[1:] if name.startswith("^") else f"{start}{name}") in self.all


@dataclass(frozen=True, slots=True)
class FoundKind:
    """A part that was found in a file: ``start`` begins the names of its tensors, ``width`` may not be told."""

    kind: FileKind
    start: str = ""
    width: int | None = None

    @property
    def name(self) -> str:
        """Returns the kind with its size: ``"Qwen3 4B"``, ``"Qwen3 of width 32"``."""
        kind = self.kind
        if self.width is None or self.width in kind.sizes or kind.use not in ("text encoder", "autoencoder"):
            return kind.sizes.get(self.width or 0, kind.name)
        if kind.use == "text encoder":
            return tr("{kind} of width {width}", kind=kind.name, width=self.width)
        return tr("{kind} with {channels} latent channels", kind=kind.name, channels=self.width)

    def marks_in(self, names: Names, title: str) -> tuple[Mark, ...]:
        """Returns the marks of a file that is called ``title``, those by its name after those by its tensors."""

        def holds(mark: Mark) -> bool:
            size = mark.measure.of(names.header, self.start) if mark.size else 0
            return (
                (not mark.has or f"{self.start}{mark.has}" in names.all)
                and (not mark.lacks or f"{self.start}{mark.lacks}" not in names.all)
                and (size == mark.size)
                and (not mark.words or re.search(mark.words, title.lower()) is not None)
            )

        return tuple(mark for mark in self.kind.marks if holds(mark))


def first_found(kinds: Iterable[FileKind], names: Names, starts: Iterable[str]) -> FoundKind | None:
    """Returns the first of the kinds that is in a file, or None."""
    starts = tuple(starts)
    for kind in kinds:
        start = kind.start_in(names, starts)
        if start is not None:
            return FoundKind(kind, start, kind.width.of(names.header, start))
    return None
