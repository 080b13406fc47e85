"""All kinds of files in one table, and what a file holds of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.file_kinds.autoencoders import AUTOENCODERS, autoencoder_in
from core.file_kinds.encoders import ENCODERS, encoders_in
from core.file_kinds.kind import FileKind, FoundKind, Names
from core.file_kinds.networks import NETWORKS, network_in
from core.file_kinds.others import OTHERS, other_in
from core.files.safetensors_header import SafetensorsHeader

KINDS: Mapping[str, FileKind] = MappingProxyType(
    {kind.key: kind for kind in (*NETWORKS, *ENCODERS, *AUTOENCODERS, *OTHERS)}
)


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a file.

    Attributes:
        main: what it is; None for a file of no known kind.
        parts: the text encoders and the autoencoder in it, beside a network or alone.
        names: of its tensors.
    """

    main: FoundKind | None
    parts: tuple[FoundKind, ...]
    names: Names

    @property
    def is_whole(self) -> bool:
        """Returns True for a network with its text encoders."""
        is_network = self.main is not None and self.main.kind.use == "network"
        return is_network and any(part.kind.use == "text encoder" for part in self.parts)


def content_of(header: SafetensorsHeader) -> Content:
    """Looks a file up in the table."""
    names = Names.of(header)
    other, network = other_in(names), network_in(names)
    autoencoder, encoders = autoencoder_in(names), encoders_in(names)
    parts = (*encoders, *(() if autoencoder is None else (autoencoder,)))
    is_alone = network is None or network.kind.use == "part"
    return Content(network or next(iter(parts), None) or other if is_alone else network, parts, names)


def parts_in(header: SafetensorsHeader) -> tuple[FoundKind, ...]:
    """Returns the text encoders and the autoencoder of a file."""
    return content_of(header).parts
