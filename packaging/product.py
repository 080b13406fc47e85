"""The names of the installed program: bundle, installers, menus and version information."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build"
"""The folder of a build's intermediate files; its results are in ``dist``."""

NAME = "Emulsion"
COMMAND = "emulsion"
"""The program's file, its package and its desktop entry; ``setDesktopFileName`` has to agree."""

BUNDLE_ID = "org.emulsion.emulsion"
SUMMARY = "Make pictures from words, and watch them develop"
COPYRIGHT = "Apache-2.0, the authors of Emulsion"
PICTURE_TYPES = ("image/png", "image/jpeg", "image/webp")
PICTURE_SUFFIXES = ("png", "jpg", "jpeg", "webp")


def version() -> str:
    """Returns the version in core/version.py, read without importing anything."""
    found = re.search(r'^VERSION = "(\d+\.\d+\.\d+)"$', (ROOT / "core" / "version.py").read_text("utf-8"), re.M)
    if found is None:
        raise ValueError("core/version.py names no version such as 1.2.3")
    return found[1]
