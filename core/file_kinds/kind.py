"""The type of a row of the table, and the search for one in a file's header."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from core.files.safetensors_header import SafetensorsHeader
from core.language.words import tr

Use = Literal[
    "network", "text encoder", "autoencoder", "tiny autoencoder", "ControlNet", "upscaler", "addition", "part"
]
"""The place of a file in a model. An addition changes a model, such as a LoRA; a part is any other one."""


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
            shape = header.shape(f"{start}{name}")
            if shape is not None and len(shape) > self.dimension:
                return shape[self.dimension] // self.times
        return None


UNMEASURED = Measure(())


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file.

    Attributes:
        key: by which roles of families ask for it, see `core.families.spec.Role`.
        name: as users know it.
        tells: names of tensors; a file with all of one of these groups is of this kind.
        lacks: names that such a file does not have.
        width: tells the width of an encoder's hidden states, or the channels of an autoencoder's latents.
        rank: dimensions that the first tensor of the group has, 0 for any number.
        sizes: names of the usual ones by their width.
        architectures: of the metadata of a GGUF file; one of another architecture is of another kind.
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

    def begins_in(self, header: SafetensorsHeader, starts: Iterable[str]) -> str | None:
        """Returns the start of the names with which a file is of this kind, or None."""
        architecture = header.metadata.get("general.architecture")
        if self.architectures and architecture is not None and architecture not in self.architectures:
            return None
        for start in starts:
            for group in self.tells:
                if all(f"{start}{name}" in header.tensors for name in group):
                    first = header.tensors[f"{start}{group[0]}"].shape
                    is_lacking = not any(f"{start}{name}" in header.tensors for name in self.lacks)
                    if is_lacking and self.rank in (0, len(first)):
                        return start
        return None


@dataclass(frozen=True, slots=True)
class FoundKind:
    """A part that was found in a file: ``start`` begins the names of its tensors, ``width`` may not be told."""

    kind: FileKind
    start: str = ""
    width: int | None = None

    @property
    def name(self) -> str:
        """Returns the kind with its size: ``"Qwen3 4B"``, ``"Qwen3 of width 32"``."""
        if self.width is None or self.width in self.kind.sizes:
            return self.kind.sizes.get(self.width or 0, self.kind.name)
        unit = tr("of width") if self.kind.use == "text encoder" else "channels:"
        return f"{self.kind.name} {unit} {self.width}" if self.kind.sizes else self.kind.name


def first_found(kinds: Iterable[FileKind], header: SafetensorsHeader, starts: Iterable[str]) -> FoundKind | None:
    """Returns the first of the kinds that is in a file, or None."""
    starts = tuple(starts)
    for kind in kinds:
        start = kind.begins_in(header, starts)
        if start is not None:
            return FoundKind(kind, start, kind.width.of(header, start))
    return None
