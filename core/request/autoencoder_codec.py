"""How recipes name an autoencoder: in our JSON, and in the ``parameters`` text as AUTOMATIC1111's program does.

There it is two settings, ``VAE: name.safetensors, VAE hash: 0123456789`` (``modules/processing.py`` of that
program, create_infotext); the hash is the beginning of the file's SHA-256.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from core.request.request import Autoencoder

NAME = "VAE"
HASH = "VAE hash"
HASH_DIGITS = 10
_HASH = re.compile(r"([0-9a-f]{8,64})?")
_OWN = frozenset({"", "none", "automatic"})


def autoencoder_to_json(autoencoder: Autoencoder) -> dict[str, Any]:
    """A name without folders: where a file lies on somebody's disk is nobody else's business."""
    return {"name": autoencoder.key, "sha256": autoencoder.sha256}


def autoencoder_from_json(value: object) -> Autoencoder | None:
    """Reads what `autoencoder_to_json` wrote, hostile ones too. Raises ValueError with a sentence."""
    if value is None:
        return None
    content = cast("Mapping[str, object]", value) if isinstance(value, dict) else {}
    name, sha256 = content.get("name"), content.get("sha256", "")
    if not isinstance(name, str) or not isinstance(sha256, str) or not _HASH.fullmatch(sha256):
        raise ValueError("its recipe is damaged: its autoencoder is not told as name and SHA-256")
    key = Autoencoder(name).key
    return Autoencoder(key, sha256) if key.strip(". ") else None


def to_settings(autoencoder: Autoencoder | None) -> dict[str, object]:
    """The settings `NAME` and `HASH`; none for the model's own."""
    if autoencoder is None:
        return {}
    return {NAME: autoencoder.key, HASH: autoencoder.sha256[:HASH_DIGITS]}


def take_settings(settings: dict[str, str]) -> Autoencoder | None:
    """Moves them out of the settings; what cannot be read stays there."""
    name, told = settings.get(NAME, ""), settings.get(HASH, "").lower()
    if name.strip().lower() in _OWN or not _HASH.fullmatch(told):
        return None
    del settings[NAME]
    settings.pop(HASH, None)
    return Autoencoder(Autoencoder(name).key, told)
