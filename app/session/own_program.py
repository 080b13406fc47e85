"""This program once more, as a process of its own."""

import sys
from pathlib import Path

import app

FOLDER = Path(app.__file__).parent.parent
"""Such a process works here, where a checkout can be imported."""


def own_command(*arguments: str) -> tuple[str, ...]:
    """Returns the command that starts this program with arguments, also from a checkout or frozen."""
    program = () if getattr(sys, "frozen", False) else ("-m", "app")
    return (sys.executable, *program, *arguments)
