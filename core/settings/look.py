"""The little of the settings that the window needs before anything else, read without importing the rest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum, auto

from core.paths import Folders

FILE_NAME = "settings.json"
COPY_NAME = "settings.copy.json"


class Theme(Enum):
    """The colours of the window; ``system`` follows the desktop."""

    system = auto()
    light = auto()
    dark = auto()


@dataclass(frozen=True, slots=True)
class Look:
    """Attributes of `core.settings.settings.Settings` under the same names."""

    theme: Theme = Theme.system
    language: str = ""
    interface_scale: int = 100
    window_geometry: str = ""
    window_state: str = ""


def read_look(folders: Folders) -> Look:
    """Takes the copy where the file is damaged, and the default where both are; `load_settings` tells of that."""
    for name in (FILE_NAME, COPY_NAME):
        try:
            content = json.loads((folders.config / name).read_bytes())
            language, *texts = (
                str(content.get(field, "")) for field in ("language", "window_geometry", "window_state")
            )
            scale = content.get("interface_scale", 100)
            return Look(Theme[content.get("theme", Theme.system.name)], language, int(scale), *texts)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    return Look()
