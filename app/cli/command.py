"""The type of a command of the command line; the table of commands is in ``app/cli/command_line.py``."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        about: one line for the help text.
        add_arguments: declares its arguments.
        run: carries it out and returns the exit code; raises typed errors.
    """

    about: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]
