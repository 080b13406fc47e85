"""All kinds of files in one table, and the parts of models that a file holds."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.file_kinds.autoencoders import AUTOENCODERS, autoencoder_in
from core.file_kinds.encoders import ENCODERS, encoders_in
from core.file_kinds.kind import FileKind, FoundKind
from core.files.safetensors_header import SafetensorsHeader

KINDS: Mapping[str, FileKind] = MappingProxyType({kind.key: kind for kind in (*ENCODERS, *AUTOENCODERS)})


def parts_in(header: SafetensorsHeader) -> tuple[FoundKind, ...]:
    """Returns the text encoders and the autoencoder of a file."""
    autoencoder = autoencoder_in(header)
    return (*encoders_in(header), *(() if autoencoder is None else (autoencoder,)))
