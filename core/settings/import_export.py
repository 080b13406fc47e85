"""Settings as a file of the user's own: to keep them, and to take them to another computer."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from core.errors import SettingsUnreadable
from core.files.atomic import DISK, FileSystem, words_of, write_file
from core.language.words import tr
from core.paths import Folders
from core.settings.settings import FORMAT, Settings, settings_from_json, settings_to_json

PROGRAM = "Emulsion"
LARGEST_BYTES = 1_000_000
STATE = (
    "computers",
    "draft",
    "model_defaults",
    "presets",
    "dialog_folders",
    "film_views",
    "film_export",
    "explained_views",
    "window_geometry",
    "window_state",
)
"""Records of the last use rather than choices, and all that has a prompt, which is private: they stay here.

So do other computers: a file from elsewhere must not name one, nor a command for it.
"""


def export_settings(settings: Settings, path: Path, disk: FileSystem = DISK) -> None:
    """Writes what was chosen, as JSON. Raises SaveFailed."""
    content = settings_to_json(replace(settings, unknown={}))
    chosen = {"program": PROGRAM, **{name: value for name, value in content.items() if name not in STATE}}
    write_file(path, (json.dumps(chosen, indent=2, ensure_ascii=False) + "\n").encode(), disk)


def import_settings(path: Path, current: Settings) -> Settings:
    """Returns the current settings with those of an exported file; single unusable values are skipped.

    Raises SettingsUnreadable.
    """
    content = _read(path)
    chosen = {name: value for name, value in content.items() if name not in (*STATE, "program", "format")}
    return replace(settings_from_json(chosen, current), unknown=current.unknown)


def reset_settings(current: Settings, folders: Folders) -> Settings:
    """Returns the settings of a first start, with what was typed last, and presets."""
    kept = {name: getattr(current, name) for name in ("draft", "presets", "explained_views")}
    return replace(Settings.default(folders), **kept)


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise SettingsUnreadable(path, words_of(error)) from error
    if len(text) > LARGEST_BYTES:
        raise SettingsUnreadable(path, tr("it is far too large"))
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingsUnreadable(path, tr("it is damaged, or of another kind")) from error
    match content:
        case {"program": program, "format": int(version)} if program == PROGRAM and not isinstance(version, bool):
            known = cast("dict[str, Any]", content)
        case _:
            raise SettingsUnreadable(path, tr("it contains no settings of Emulsion"))
    if version > FORMAT:
        raise SettingsUnreadable(path, tr("it was written by a newer version of Emulsion"))
    return known
