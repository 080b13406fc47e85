"""Long arrays on disk, in files of a fixed number of rows that are read when they are needed.

Files are mapped, so that many processes share one copy in memory. A reader waits for a file that another process
is still making.
"""

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS = 500
_PATIENCE_S = 600.0


class Shards:
    """The rows of one array, in the files of a folder whose names begin with ``stem``."""

    def __init__(self, folder: Path, stem: str) -> None:
        self._folder = folder
        self._stem = stem
        self._open: dict[int, NDArray[Any]] = {}

    def path(self, start: int) -> Path:
        """Returns the path of the file whose first row has this number."""
        return self._folder / f"{self._stem}-{start:07d}.npy"

    def write(self, start: int, rows: NDArray[Any]) -> None:
        """Writes the file whose first row has this number; readers see all of it or nothing."""
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / f"{self._stem}-{start:07d}.{os.getpid()}.partial.npy"
        np.save(partial, rows)
        partial.replace(self.path(start))

    def shard(self, start: int) -> NDArray[Any]:
        """Returns all rows of one file, mapped into memory.

        Raises:
            TimeoutError: the file did not come within ten minutes.
        """
        if start not in self._open:
            path, waited_since = self.path(start), time.monotonic()
            while not path.exists():
                if time.monotonic() - waited_since > _PATIENCE_S:
                    raise TimeoutError(f"{path} has not been made")
                time.sleep(0.1)
            self._open[start] = np.load(path, mmap_mode="r", allow_pickle=False)
        return self._open[start]

    def __getitem__(self, number: int) -> NDArray[Any]:
        return self.shard(number - number % ROWS)[number % ROWS]

    def first(self, count: int) -> NDArray[Any]:
        """Returns the first `count` rows, in memory."""
        return np.concatenate([self.shard(start)[: count - start] for start in range(0, count, ROWS)])


def latents(folder: Path) -> Shards:
    """Returns the cached latents of a run's folder: each row float16 (channels, height, width)."""
    return Shards(folder / "latents", "latents")
