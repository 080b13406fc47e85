"""The models and parts that can be downloaded: what `resources/models.toml` and `parts.toml` tell of them.

Only what is known for sure is there; what is not known is None or "", and is not shown.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.families import FAMILIES, is_encoder
from core.language.words import tr
from core.models.model_weights import ModelWeights, PackedBytes
from core.paths import resources

PREVIEWS = "previews"
_GB = 10**9
_BYTES: Mapping[str, int] = MappingProxyType({"": 2, "fp32": 4})
"""Of a weight that is not packed; such is unpacked when it is read."""


@dataclass(frozen=True, slots=True)
class KnownPart:
    """A text encoder or an autoencoder in a file of its own.

    Attributes:
        key: the name of its folder, and of its file.
        fits: by family the part that it is, as a folder in a diffusers folder; `PREVIEWS` for a tiny autoencoder.
        width: of an encoder's states, or channels of an autoencoder; None where there is one kind only.
    """

    key: str
    repository: str
    files: tuple[str, ...]
    licence: str
    download_bytes: int | None
    fits: Mapping[str, str]
    width: int | None
    packing: str
    repository_bytes: int | None = None

    @property
    def name(self) -> str:
        return self.key

    @property
    def part(self) -> str:
        """Returns the part that it is."""
        return next(iter(self.fits.values()))

    def is_in(self, folder: Path) -> bool:
        """Returns True if it has been downloaded into a folder of models."""
        return all((folder / self.key / file).is_file() for file in self.files)


@dataclass(frozen=True, slots=True)
class KnownModel:
    """One entry.

    Attributes:
        key: the name of its folder.
        family: a key of `FAMILIES`.
        repository: ``"owner/name"`` on the hub.
        licence: its name, or "".
        is_gated: whether its page asks to accept the licence first; None when not known.
        download_bytes: of the files that are fetched; None when not known before the hub is asked.
        repository_bytes: of everything in the repository, of which a part is fetched; None when not known.
        memory_bytes: of graphics memory with which it works well; None when not known.
        weights: its numbers of parameters; None when not known.
        steps, size: what it is used with by default.
        files: of the repository, where it is a network in a file of its own; () for whole models.
        parts: those that such a network works with.
    """

    key: str
    name: str
    about: str
    family: str
    repository: str
    licence: str
    is_gated: bool | None
    download_bytes: int | None
    repository_bytes: int | None
    memory_bytes: int | None
    weights: ModelWeights | None
    steps: int
    size: str
    files: tuple[str, ...] = ()
    parts: tuple[KnownPart, ...] = ()

    @property
    def family_name(self) -> str:
        return FAMILIES[self.family].name


@cache
def listed() -> Mapping[str, Any]:
    """Returns the content of ``models.toml``, by the key of each model."""
    return tomllib.loads((resources() / "models.toml").read_text("utf-8"))


def known_models(path: Path | None = None) -> tuple[KnownModel, ...]:
    """In the order of the file."""
    content = listed() if path is None else tomllib.loads(path.read_text("utf-8"))
    return tuple(_known_model(key, entry) for key, entry in content.items() if "repository" in entry)


def _known_model(key: str, entry: dict[str, Any]) -> KnownModel:
    parts = tuple(known_parts()[part] for part in entry.get("parts", ()))
    return KnownModel(
        key=key,
        name=entry["name"],
        about=tr(entry["about"]),
        family=entry["family"],
        repository=entry["repository"],
        licence=entry.get("licence", ""),
        is_gated=entry.get("gated"),
        download_bytes=_bytes(entry.get("download_gb")),
        repository_bytes=_bytes(entry.get("repository_gb")),
        memory_bytes=_bytes(entry.get("memory_gb")),
        weights=_weights(entry, parts),
        steps=entry["steps"],
        size=entry["size"],
        files=tuple(entry.get("files", ())),
        parts=parts,
    )


@cache
def known_parts() -> Mapping[str, KnownPart]:
    """Returns the parts that can be downloaded by themselves, by their keys."""
    content = tomllib.loads((resources() / "parts.toml").read_text("utf-8"))
    return {
        key: KnownPart(
            key,
            entry["repository"],
            tuple(entry["files"]) if "files" in entry else (entry["file"],),
            entry["licence"],
            _bytes(entry.get("download_gb")),
            entry["fits"],
            entry.get("width"),
            entry.get("packing", ""),
        )
        for key, entry in content.items()
    }


@cache
def known_files() -> dict[str, str]:
    """Returns the repositories of what is fetched as single files, by their keys."""
    networks = (model for model in known_models() if model.files)
    return {one.key: one.repository for one in (*known_parts().values(), *networks)}


def _weights(entry: Mapping[str, Any], parts: tuple[KnownPart, ...]) -> ModelWeights | None:
    """Returns what is known of the weights: their numbers, or, of single files, their sizes and packings."""
    if (parameters := entry.get("parameters")) is not None:
        return ModelWeights(parameters["text"], parameters["network"], parameters["vae"])
    sizes = [_bytes(entry.get("download_gb")), *(part.download_bytes for part in parts)]
    if not parts or None in sizes:
        return None
    plain, packed = Counter[str](), Counter[str]()
    packings = [entry.get("packing", ""), *(part.packing for part in parts)]
    names = [FAMILIES[entry["family"]].network, *(part.part for part in parts)]
    for name, size, packing in zip(names, sizes, packings, strict=True):
        kind = "text" if is_encoder(name) else "vae" if name == "vae" else "network"
        each = _BYTES.get(packing, 0)
        (plain if each else packed)[kind] += (size or 0) // (each or 1)
    bytes_packed = PackedBytes(packed["text"], packed["network"])
    return ModelWeights(plain["text"], plain["network"], plain["vae"], bytes_packed)


def _bytes(gigabytes: float | None) -> int | None:
    return None if gigabytes is None else round(gigabytes * _GB)
