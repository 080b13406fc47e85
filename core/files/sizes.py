"""Sizes of files, downloads and memory in words: powers of ten, as disks and downloads are sold."""


def size_text(size_bytes: int, decimals: int = 1) -> str:
    """Returns ``0.3 MB``, ``12 MB``, ``1.4 GB``; ``decimals`` is for the gigabytes."""
    if size_bytes < 1e6:
        return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 5e4 else f"{max(round(size_bytes / 1e3), 1)} kB"
    if size_bytes < 1e9:
        return f"{size_bytes / 1e6:.1f} MB" if size_bytes < 9.95e6 else f"{size_bytes / 1e6:.0f} MB"
    return f"{size_bytes / 1e9:.{decimals}f} GB"
