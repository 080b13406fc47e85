"""The parts of Emulsion with versions and licences, as packaging/licences.py has written them."""

import json
from dataclasses import dataclass
from importlib import metadata

from core.paths import resources

FILE_NAME = "licences.json"


@dataclass(frozen=True, slots=True)
class Part:
    """Attributes:
    version: the one that runs, or the one that was there when the list was made.
    licence: a short name, SPDX where it is known. text: "" where it comes without one.
    page: where it comes from, or "".
    """

    name: str
    version: str
    licence: str
    about: str
    page: str
    text: str


def read_parts() -> tuple[Part, ...]:
    """Returns all parts, Emulsion first. Takes some milliseconds."""
    listed = json.loads((resources() / FILE_NAME).read_text("utf-8"))
    return tuple(Part(**{**entry, "version": _running(entry["name"]) or entry["version"]}) for entry in listed)


def _running(name: str) -> str:
    """Returns the version that runs, if it is known: a bundle holds the metadata of some parts only."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
