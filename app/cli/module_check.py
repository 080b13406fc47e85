"""Loads every part of the program, to find out what an installation lacks before somebody needs it."""

import importlib
import logging
import pkgutil
from collections.abc import Iterator

log = logging.getLogger(__name__)

_PACKAGES = ("app", "core")
_LEFT_OUT = ("app.__main__", "core.training")
"""The start itself, and what makes the starter model: it is for checkouts, and no installation has it."""


def part_names() -> Iterator[str]:
    """Yields the modules of the program, found without importing them."""
    for package in _PACKAGES:
        yield from _names_in(package, list(importlib.import_module(package).__path__))


def broken_parts() -> dict[str, str]:
    """Returns the modules that cannot be imported, and why; {} if the program is whole. Loads torch: seconds."""
    broken: dict[str, str] = {}
    for name in part_names():
        try:
            importlib.import_module(name)
        except (ImportError, OSError, RuntimeError) as error:  # diffusers raises RuntimeError for a part it lacks
            log.info("the part %s cannot be loaded", name, exc_info=True)
            broken[name] = str(error).splitlines()[0]
    return broken


def _names_in(package: str, folders: list[str]) -> Iterator[str]:
    for module in pkgutil.iter_modules(folders):
        name = f"{package}.{module.name}"
        if name in _LEFT_OUT:
            continue
        yield name
        if module.ispkg:
            yield from _names_in(name, [f"{folder}/{module.name}" for folder in folders])
