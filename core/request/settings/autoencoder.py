"""The autoencoder in the place of the model's own.

In the ``parameters`` text it is two entries, ``VAE: name.safetensors, VAE hash: 0123456789``
(``modules/processing.py`` of AUTOMATIC1111's program, create_infotext); the hash is the beginning of the file's
SHA-256.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from core.errors import InvalidRequest
from core.language.words import mark, tr
from core.request.request import Autoencoder
from core.request.setting import Option, Setting, json_reader, sparse_json_writer

_NAME = "VAE"
_VAE_HASH = "VAE hash"
_HASH_DIGITS = 10
_SUFFIX = ".safetensors"
_HASH = re.compile(r"([0-9a-f]{8,64})?")
_OWN = frozenset({"", "none", "automatic", "auto", "default", "default (model)", "baked vae"})


def autoencoder_to_json(autoencoder: Autoencoder) -> dict[str, Any]:
    """Returns a name without folders: where a file lies on somebody's disk is nobody else's business."""
    return {"name": autoencoder.key, "sha256": autoencoder.sha256}


def autoencoder_from_json(value: object) -> Autoencoder | None:
    """Reads what `autoencoder_to_json` wrote, hostile ones too. Raises ValueError with a sentence."""
    if value is None:
        return None
    content = cast("Mapping[str, object]", value) if isinstance(value, dict) else {}
    name, sha256 = content.get("name"), content.get("sha256", "")
    if not isinstance(name, str) or not isinstance(sha256, str) or not _HASH.fullmatch(sha256):
        raise ValueError(tr("its recipe is damaged: its autoencoder is not given as name and SHA-256"))
    key = Autoencoder(name).key
    return Autoencoder(key, sha256) if key.strip(". ") else None


def _to_parameters(autoencoder: Autoencoder | None) -> dict[str, object]:
    if autoencoder is None:
        return {}
    return {_NAME: autoencoder.key, _VAE_HASH: autoencoder.sha256[:_HASH_DIGITS]}


def _take(told: dict[str, str], content: dict[str, Any]) -> None:
    """Leaves what cannot be read where it is."""
    name, sha256 = told.get(_NAME, ""), told.get(_VAE_HASH, "").lower()
    if name.strip().lower() not in _OWN and _HASH.fullmatch(sha256):
        del told[_NAME]
        told.pop(_VAE_HASH, None)
        content["autoencoder"] = autoencoder_to_json(Autoencoder(name, sha256))


def parse_autoencoder(text: str) -> Autoencoder:
    """Reads a name, a file or a folder. Raises InvalidRequest."""
    if not text.strip():
        raise InvalidRequest("vae", text, tr("a name, a file or a folder"))
    path = Path(text).expanduser().absolute()
    try:
        is_path = path.is_dir() or (path.exists() and path.suffix.lower() == _SUFFIX)
    except (OSError, ValueError):  # far too long, or NUL
        is_path = False
    return Autoencoder(str(folder_of(path) or path) if is_path else text)


def folder_of(path: Path) -> Path | None:
    """Returns the diffusers folder that is meant by it, or by the file of weights in it; None for a lone file."""
    if path.is_dir():
        return path
    return path.parent if (path.parent / "config.json").is_file() else None


AUTOENCODER: Setting[Autoencoder | None] = Setting(
    name="autoencoder",
    rebuilds=2,
    noun=mark("autoencoder"),
    words=lambda autoencoder: autoencoder.key if autoencoder else tr("the model's own"),
    from_json=json_reader("autoencoder", autoencoder_from_json),
    to_json=sparse_json_writer("autoencoder", autoencoder_to_json),
    options=(
        Option(
            "--vae",
            "NAME",
            tr("an autoencoder (VAE) by name, file or folder (default: the model's own)"),
            lambda text, _: parse_autoencoder(text),
        ),
    ),
    to_parameters=_to_parameters,
    take_parameters=_take,
    facet=lambda autoencoder: (autoencoder.key,) if autoencoder else (),
)
