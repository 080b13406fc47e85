"""Stamps of files: by them a file that was replaced under its name is told from the one that was read."""

import os
from pathlib import Path

Stamp = tuple[int, int]
"""Size in bytes, and time of the last change in ns."""

_READ = (".safetensors", ".sft", ".gguf", ".json", ".txt", ".model")
"""The files that a model is made of; a note beside them changes nothing."""


def stamp_of(path: Path | int) -> Stamp:
    """Takes a path or an open file's number; returns (0, 0) for a file that is not there."""
    try:
        stat = os.stat(path)  # noqa: PTH116  a path has no open file
    except OSError:
        return (0, 0)
    return stat.st_size, stat.st_mtime_ns


def stamps_of_model(folder: Path, *places: Path | None) -> frozenset[tuple[Path, Stamp]]:
    """Returns the stamps of a model's files: those of its folder and of its parts, and of other ``places``.

    These are single files, or folders of parts.
    """
    paths = [path for pattern in ("*", "*/*") for path in folder.glob(pattern) if path.suffix in _READ]
    for place in filter(None, places):
        paths += [path for path in place.glob("*") if path.suffix in _READ] if place.is_dir() else [place]
    return frozenset((path, stamp_of(path)) for path in paths)
