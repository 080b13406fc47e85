"""Encoded prompts on the disk: a text encoder need not be loaded for a text that it has read before.

A file holds what the encoder made of one text. Its name is a hash of all that decides about that, so that nobody
can read the text from it. The files may vanish at any time, and several processes may use them at once.
"""

import hashlib
import json
import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.errors import SaveFailed
from core.files.atomic import TEMPORARY_PREFIX, write_file
from core.files.free_space import SPARE_BYTES, free_bytes_at

log = logging.getLogger(__name__)

FOLDER_NAME = "encodings"
SUFFIX = ".safetensors"
FORMAT = 1
"""Rises when an encoder's text is read otherwise, or a file is laid out otherwise."""

MOST_BYTES = 2**30
LEAST_WEIGHTS = 250_000_000
"""Of text encoders that are worth it: a smaller one, such as CLIP-L, is read and asked in less than a second."""


def users_encodings(cache: Path | None, *, keeps: bool) -> "Encodings | None":
    """Returns those in the user's folder for what can be made again, None where none are kept."""
    return Encodings(cache / FOLDER_NAME) if keeps and cache is not None else None


@dataclass(frozen=True, slots=True)
class Encodings:
    """A folder of files that is bounded: the one that was not used for longest goes first.

    Attributes:
        least_weights: of the text encoders of a model; the texts of smaller ones are not kept.
    """

    folder: Path
    most_bytes: int = MOST_BYTES
    least_weights: int = LEAST_WEIGHTS

    def path_of(self, encoder: str, text: str) -> Path:
        """Returns the place for a text; ``encoder`` names all else that decides about its encoding."""
        named = json.dumps([FORMAT, encoder, text])
        return self.folder / f"{hashlib.sha256(named.encode()).hexdigest()}{SUFFIX}"

    def read(self, path: Path) -> bytes | None:
        """Returns the content of a file, which counts as used now; None where there is none."""
        try:
            content = path.read_bytes()
        except OSError:
            return None
        with suppress(OSError):
            os.utime(path)
        return content

    def keep(self, path: Path, content: bytes) -> None:
        """Writes a file and removes the oldest ones beyond the bound; a full disk only costs the file."""
        if len(content) > self.most_bytes:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if free_bytes_at(self.folder) < len(content) + SPARE_BYTES:
                log.info("an encoded prompt is not kept: the disk is nearly full")
                return
            write_file(path, content)
        except (OSError, SaveFailed) as error:
            log.info("an encoded prompt is not kept: %s", error)
        self._trim()

    def forget(self, path: Path) -> None:
        """Removes a file, if it is there."""
        with suppress(OSError):
            path.unlink()

    def size(self) -> int:
        """Returns the bytes of all files."""
        return sum(size for _, size, _ in self._files())

    def clear(self) -> None:
        """Removes all files, also those that another process was writing when it ended."""
        for _, _, path in self._files():
            self.forget(path)

    def _trim(self) -> None:
        files = sorted(self._files())
        total = sum(size for _, size, _ in files)
        for _, size, path in files:
            if total <= self.most_bytes:
                break
            self.forget(path)
            total -= size

    def _files(self) -> list[tuple[int, int, Path]]:
        """Returns the time of the last use in ns, the bytes and the place of each file."""
        found: list[tuple[int, int, Path]] = []
        with suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.endswith(SUFFIX) or entry.name.startswith(TEMPORARY_PREFIX):
                    with suppress(OSError):  # another process has removed it
                        stat = entry.stat()
                        found.append((stat.st_mtime_ns, stat.st_size, Path(entry.path)))
        return found
