"""Files of weights, and folders as diffusers saves them: what lies in a folder, and whether a path leads there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from core.files.weights_header import SUFFIXES


def is_there(path: Path) -> bool:
    """Returns False also for a path that no file system can have."""
    try:
        return path.exists()
    except (OSError, ValueError):  # longer than a name may be, or with NUL
        return False


def weights_in(folder: Path, depth: int = 1, suffixes: Collection[str] = SUFFIXES) -> Iterator[Path]:
    """Yields files and diffusers folders in a folder, and in folders below it, ``depth`` of them deep; by name.

    Hidden ones are left out, and a folder that is away or may not be read has none.
    """
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name.lower())
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if (entry / "config.json").is_file() or (entry.suffix.lower() in suffixes and entry.is_file()):
            yield entry
        elif depth > 1 and entry.is_dir():
            yield from weights_in(entry, depth - 1, suffixes)
