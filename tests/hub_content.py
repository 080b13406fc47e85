"""Contents of files that a hub of the tests holds: of any length, and without taking room."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from random import Random

BLOCK = 2**20
SLICE = 2**16


class Content:
    """Bytes of any length that need no room: blocks that differ in their first eight bytes only."""

    def __init__(self, size: int, seed: int = 0) -> None:
        self.size = size
        self._block = Random(seed).randbytes(BLOCK)

    def read(self, start: int, length: int) -> bytes:
        number, offset = divmod(start, BLOCK)
        block = number.to_bytes(8, "little") + self._block[8:]
        return block[offset : offset + min(length, self.size - start)]

    def parts(self, start: int = 0) -> Iterator[bytes]:
        while start < self.size:
            part = self.read(start, SLICE)
            start += len(part)
            yield part

    def sha256(self) -> str:
        digest = hashlib.sha256()
        for part in self.parts():
            digest.update(part)
        return digest.hexdigest()


class Text(Content):
    """A small file with this very content."""

    def __init__(self, content: bytes) -> None:
        self.size = len(content)
        self._content = content

    def read(self, start: int, length: int) -> bytes:
        return self._content[start : start + length]
