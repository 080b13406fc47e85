"""Sizes of files, downloads and memory in words: powers of ten, as disks and downloads are sold."""

from core.language.words import tr


def size_text(size_bytes: int, decimals: int = 1) -> str:
    """Returns ``0.3 MB``, ``12 MB``, ``1.4 GB``; ``decimals`` is for the gigabytes."""
    if size_bytes < 1e6:
        return tr("{size:.1f} MB", size=size_bytes / 1e6) if size_bytes >= 5e4 else _kilobytes(size_bytes)
    if size_bytes < 1e9:
        size = size_bytes / 1e6
        return tr("{size:.1f} MB", size=size) if size < 9.95 else tr("{size:.0f} MB", size=size)
    size = size_bytes / 1e9
    return tr("{size:.2f} GB", size=size) if decimals == 2 else tr("{size:.1f} GB", size=size)


def _kilobytes(size_bytes: int) -> str:
    return tr("{size} kB", size=max(round(size_bytes / 1e3), 1))
