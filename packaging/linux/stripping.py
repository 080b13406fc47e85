"""Removes debugging data from the libraries of a bundle: 170 MB of the libraries that pip installs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path


def strip(files: Iterable[Path]) -> int:
    """Returns how many bytes are saved.

    The folders ``*.libs`` stay as they are: auditwheel has moved parts of those files about, which strip does not
    expect, and there is little to gain.
    """
    saved = 0
    for path in files:
        if path.parent.name.endswith(".libs") or is_program(path):
            continue
        size = path.stat().st_size
        path.chmod(path.stat().st_mode | 0o200)
        subprocess.run(["strip", "--strip-unneeded", str(path)], check=True, stderr=subprocess.DEVNULL)
        saved += size - path.stat().st_size
    return saved


def is_program(path: Path) -> bool:
    """Returns whether a file is the frozen program: the modules lie behind its end, and strip would lose them."""
    return (path.parent / "_internal").is_dir()
