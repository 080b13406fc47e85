"""The headings between groups of pictures in words: days as people say them."""

from __future__ import annotations

from datetime import date, timedelta

NAMELESS = "Without a name"


def group_title(title: str, today: date | None = None) -> str:
    """The title of a `core.gallery.query.Section` for people."""
    try:
        day = date.fromisoformat(title)
    except ValueError:
        return title or NAMELESS
    now = today or date.today()
    words = f"{day:%A}, {day.day} {day:%B %Y}"
    if day == now:
        return f"Today · {words}"
    if day == now - timedelta(days=1):
        return f"Yesterday · {words}"
    return words
