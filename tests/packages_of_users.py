"""Has a process import what it imports at a user's, and as fast.

Of the packages that only the tests need, diffusers imports scipy and peft wherever they are installed, for most of
a second; and where Python is told to keep no bytecode, each start would compile all of this program anew.
"""

from __future__ import annotations

import compileall
import re
import tomllib
from importlib.machinery import PathFinder
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def keep_bytecode() -> None:
    """Compiles the program, as its first start does."""
    for package in ("app", "core"):
        compileall.compile_dir(PROJECT.with_name(package), quiet=1)


def hide_others() -> None:
    """Makes Python find none of them from now on, for the rest of the process."""
    lines = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["optional-dependencies"]["test"]
    named = {re.split(r"[^\w-]", line)[0].lower() for line in lines}
    hidden = {name for name, owners in packages_distributions().items() if named & {*owners}}
    found = PathFinder.find_spec

    def find_spec(name: str, *rest: Any) -> Any:
        return None if name.partition(".")[0] in hidden else found(name, *rest)

    PathFinder.find_spec = find_spec  # pyright: ignore[reportAttributeAccessIssue]
