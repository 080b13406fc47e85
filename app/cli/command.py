"""The type of a command of the command line; the table of commands is in ``app/cli/command_line.py``."""

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidRequest
from core.language.words import tr


def no_arguments(_parser: ArgumentParser) -> None:
    """Declares nothing."""


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

    def add_to(self, parsers: Any, name: str) -> None:
        """Adds the parser of this command to what ``add_subparsers`` returned."""
        description = f"{self.about[0].upper()}{self.about[1:]}."
        self.add_arguments(parsers.add_parser(name, help=self.about, description=description, allow_abbrev=False))


def group(about: str, actions: Mapping[str, Command]) -> Command:
    """Returns a command of several actions, the first argument being the action's name."""

    def add_arguments(parser: ArgumentParser) -> None:
        parsers = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
        for name, action in actions.items():
            action.add_to(parsers, name)

    return Command(about, add_arguments, lambda arguments: actions[arguments.action].run(arguments))


def whole_number(field: str, text: str | None, allowed: range) -> int | None:
    """Returns what was typed, None for nothing. Raises InvalidRequest."""
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,20}", text, re.ASCII) or int(text) not in allowed:
        raise InvalidRequest(
            field,
            text,
            tr("a whole number from {least} to {most}", least=allowed[0], most=allowed[-1]),
        )
    return int(text)
