"""The real program where every connection fails and is noted: ``python -m tests.app.network_guard MODEL ...``.

Makes one picture with each model, single files with the configurations in the folder EMULSION_LAYOUTS.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from app.startup import filling
from core.models.catalogue import Catalogue
from core.models.folders import Places
from core.paths import Folders
from tests.app.driving import drive

LONGEST_S = 200.0


def refuse(*about: object, **_options: object) -> None:
    """In the place of what leads to other machines."""
    with Path(os.environ["EMULSION_NOTES"]).open("a", encoding="utf-8") as notes:
        notes.write(f"tried {about[-1]!r}\n")
    raise OSError("there is no network")


def guarded_catalogue(_folders: Folders, places: Callable[[], Places]) -> Catalogue:
    return Catalogue(places, layouts=Path(os.environ["EMULSION_LAYOUTS"]))


if __name__ == "__main__":
    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        setattr(socket, name, refuse)
    filling.users_catalogue = guarded_catalogue
    models = sys.argv[1:]
    sys.exit(drive(LONGEST_S, len(models), models))
