"""Where a chosen picture lies and how large its files are, in words."""

from __future__ import annotations

from app.gallery.library_reader import PictureDetails


def file_facts(details: PictureDetails) -> str:
    """A line for each fact."""
    picture = details.picture
    lines = [f"{picture.created:%d %B %Y, %H:%M}"]
    if picture.size.width:
        lines.append(f"{picture.size.width} × {picture.size.height} pixels · {bytes_in_words(picture.size_bytes)}")
    if details.film_bytes:
        lines.append(f"Film · {bytes_in_words(details.film_bytes)}")
    lines.append(str(picture.path.parent))
    if picture.is_away:
        lines.append("Its folder is away: connect the drive to open the picture.")
    return "\n".join(lines)


def bytes_in_words(size: int) -> str:
    """With as few digits as people need."""
    if size < 1024:
        return f"{size} bytes"
    value, unit = size / 1024, "KB"
    for larger in ("MB", "GB", "TB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"
