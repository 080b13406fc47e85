"""Checks files against the hub's hashes: SHA-256, or the SHA-1 of a Git blob for small files."""

import hashlib
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Protocol

from core.downloads.events import Checking
from core.downloads.listing import RemoteFile

READ_AT_ONCE = 4 * 2**20


class Digest(Protocol):
    """A hash of `hashlib`."""

    def update(self, content: bytes | memoryview, /) -> None: ...

    def hexdigest(self) -> str: ...


def begin_digest(file: RemoteFile) -> Digest:
    """Returns a hash that takes the file's bytes in order; `is_right` compares it."""
    if file.sha256:
        return hashlib.sha256()
    digest = hashlib.sha1(usedforsecurity=False)
    digest.update(f"blob {file.size}\0".encode())
    return digest


def is_right(digest: Digest, file: RemoteFile) -> bool:
    return digest.hexdigest() == file.identity


def feed(digest: Digest, path: Path) -> Iterator[int]:
    """Reads a file into the hash; yields the number of bytes read so far. Raises OSError."""
    done = 0
    with path.open("rb") as content:
        while part := content.read(READ_AT_ONCE):
            digest.update(part)
            done += len(part)
            yield done


def check(file: RemoteFile, path: Path) -> Generator[Checking, None, bool]:
    """Reads a file, and returns whether its content is right. Raises OSError if it cannot be read."""
    digest = begin_digest(file)
    for done in feed(digest, path):
        yield Checking(file.path, done, file.size)
    return is_right(digest, file)
