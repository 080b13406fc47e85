"""The room on a disk."""

import shutil
from pathlib import Path

SPARE_BYTES = 256 * 2**20
"""A disk that is filled to the last byte makes other programs fail."""


def free_bytes_at(folder: Path) -> int:
    """Returns the free bytes on the disk of a folder, which need not exist yet."""
    nearest = folder
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    return shutil.disk_usage(nearest).free
