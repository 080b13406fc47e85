"""Encodings of one model's text encoders on the disk, as safetensors with a checksum."""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import safetensors.torch
import torch

from core.prompt.encodings import Encodings

log = logging.getLogger(__name__)

MOST_WAITING = 32
"""Texts for which there was no name yet."""

CHECKSUM = "sha256"
"""In the metadata of a file: of the list of its tensors and their bytes."""


class KeptEncodings:
    """The encodings of the texts of one model, as it is loaded."""

    def __init__(self, encodings: Encodings, encoder: Callable[[], str], kind: type, device: torch.device) -> None:
        """``encoder`` names the encoders, see `Encodings.path_of`, and gives "" while their name is not known.

        ``kind`` is the type of what they return: a tensor, or a dataclass of tensors.
        """
        self._encodings = encodings
        self._encoder = encoder
        self._kind = kind
        self._device = device
        self._waiting: dict[object, Any] = {}
        self._last_bytes = 0

    @property
    def room(self) -> int:
        """Returns how many more texts can be kept before one of them has to go; 0 while that is not known.

        Other models, and other processes, may take half of the folder meanwhile.
        """
        return self._encodings.most_bytes // 2 // self._last_bytes if self._last_bytes and self._encoder() else 0

    def recall(self, text: object) -> Any:
        """Returns the encoded text, or None where it is not kept; a damaged file is removed."""
        encoder = self._encoder()
        path = self._encodings.path_of(encoder, repr(text))
        content = self._encodings.read(path) if encoder else None
        if content is None:
            return None
        try:
            tensors = _unpacked(content)
            # a copy: in the file's bytes they may lie at odd addresses
            parts = [tensors[name].clone().to(self._device) for name in _names(self._kind)]
            return self._kind(*parts) if is_dataclass(self._kind) else parts[0]
        except Exception:  # noqa: BLE001  whatever a damaged file makes of its reader: it is encoded anew
            log.info("the encoded prompt %s is damaged", path.name)
            self._encodings.forget(path)
            return None

    def keep(self, text: object, encoded: Any) -> None:
        """Writes the encoded text if that is possible, once the encoders have a name."""
        self._waiting[text] = encoded
        self.settle()
        while len(self._waiting) > MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]

    def settle(self) -> None:
        """Writes what has waited for the name of the encoders, if it is known."""
        if not self._waiting or not (encoder := self._encoder()):
            return
        for text, encoded in self._waiting.items():
            names = _names(self._kind)
            parts = (getattr(encoded, name) for name in names) if is_dataclass(encoded) else (encoded,)
            tensors = {name: part.cpu().contiguous() for name, part in zip(names, parts, strict=True)}
            content = _packed(tensors)
            self._last_bytes = len(content)
            self._encodings.keep(self._encodings.path_of(encoder, repr(text)), content)
        self._waiting.clear()


def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ("encoded",)


def _packed(tensors: dict[str, torch.Tensor]) -> bytes:
    content = safetensors.torch.save(tensors)
    return safetensors.torch.save(tensors, {CHECKSUM: _checksum(content)[0]})


def _unpacked(content: bytes) -> dict[str, torch.Tensor]:
    """Raises ValueError, or what the libraries raise, for a damaged file."""
    computed, told = _checksum(content)
    if computed != told:
        raise ValueError("the checksum differs")
    return safetensors.torch.load(content)


def _checksum(content: bytes) -> tuple[str, str]:
    """Returns the checksum of a file's content, and the one that its metadata has."""
    begin = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:begin])
    told = header.pop("__metadata__", {}).get(CHECKSUM, "")
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    digest.update(memoryview(content)[begin:])
    return digest.hexdigest(), told
