"""The models that can be downloaded: what `resources/models.toml` tells about each before it is here.

Only what is known for sure is there; what is not known is None or "", and is not shown.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.families import FAMILIES
from core.language.words import tr
from core.models.model_weights import ModelWeights
from core.paths import resources

_GB = 10**9


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
        weights=_weights(entry.get("parameters")),
        steps=entry["steps"],
        size=entry["size"],
    )


def _weights(parameters: dict[str, int] | None) -> ModelWeights | None:
    if parameters is None:
        return None
    return ModelWeights(parameters["text"], parameters["network"], parameters["vae"])


def _bytes(gigabytes: float | None) -> int | None:
    return None if gigabytes is None else round(gigabytes * _GB)
