"""A picture on the command line: a double click in a file manager, "open with"."""

from collections.abc import Sequence
from pathlib import Path


def picture_to_open(arguments: Sequence[str]) -> Path | None:
    """Returns the picture that a command line such as ``emulsion house.png`` names; None when it is a command."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        return None
    from core.pictures.metadata import SUFFIXES  # a quarter of a second, for which a help text need not wait

    path = Path(arguments[0])
    return path.absolute() if path.suffix.lower() in SUFFIXES else None
