"""What the installed program is called, everywhere: bundle, installers, menus and version information."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build"
"""What a build makes on its way; what it makes for people is in ``dist``."""

NAME = "Emulsion"
COMMAND = "emulsion"
"""The program's file, its package and its desktop entry, which is what ``setDesktopFileName`` says too."""

BUNDLE_ID = "org.emulsion.emulsion"
SUMMARY = "Make pictures from words, and watch them develop"
COPYRIGHT = "Apache-2.0, the authors of Emulsion"
PICTURE_TYPES = ("image/png", "image/jpeg", "image/webp")
PICTURE_SUFFIXES = ("png", "jpg", "jpeg", "webp")


def version() -> str:
    """The version in core/version.py, read without importing anything."""
    found = re.search(r'^VERSION = "(\d+\.\d+\.\d+)"$', (ROOT / "core" / "version.py").read_text("utf-8"), re.M)
    if found is None:
        raise ValueError("core/version.py names no version such as 1.2.3")
    return found[1]
