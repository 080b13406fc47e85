"""The errors that another computer or a cluster cannot be used, and why, as ssh and the computer tell it."""

from __future__ import annotations

import re
from enum import Enum, auto

from core.errors import EmulsionError


class Trouble(Enum):
    """The reason why another computer cannot be used."""

    no_ssh = auto()
    unknown_host = auto()
    refused = auto()
    no_answer = auto()
    unknown_key = auto()
    changed_key = auto()
    no_login = auto()
    no_emulsion = auto()
    other_version = auto()
    no_sessions = auto()
    something_else = auto()
    no_model = auto()
    lost = auto()
    gone = auto()


PASSING = frozenset(
    {Trouble.unknown_host, Trouble.refused, Trouble.no_answer, Trouble.something_else, Trouble.lost}
)
"""Troubles that may be over soon, such as after a computer has slept."""


class ComputerAway(EmulsionError):
    """Another computer cannot be used; ``detail`` has words of ssh or of the computer."""

    def __init__(self, name: str, trouble: Trouble, detail: str = "") -> None:
        super().__init__(f"{name} cannot be used ({trouble.name}): {detail}")
        self.name = name
        self.trouble = trouble
        self.detail = detail


INSTALL = 'pip install "emulsion[cluster]"'
"""The command that installs Ray."""


class ClusterUnusable(EmulsionError):
    """A cluster cannot make pictures, or not the same ones everywhere; ``reason`` is a part of a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the cluster cannot be used: {reason}")
        self.reason = reason


_TOLD = (
    (r"Could not resolve hostname|Name or service not known|nodename nor servname", Trouble.unknown_host),
    (r"REMOTE HOST IDENTIFICATION HAS CHANGED", Trouble.changed_key),
    (r"Host key verification failed|No .* host key is known", Trouble.unknown_key),
    (r"Connection refused", Trouble.refused),
    (r"timed out|No route to host|Network is (unreachable|down)|Host is down|not responding", Trouble.no_answer),
    (r"Permission denied|Too many authentication failures|No supported authentication", Trouble.no_login),
    (r"unrecognized arguments|invalid choice", Trouble.other_version),
)
_NO_PROGRAM = (126, 127)
_NO_PROGRAM_WINDOWS = r"is not recognized as (an internal|the name)"


def trouble_of(code: int, lines: list[str]) -> tuple[Trouble, str]:
    """Returns the reason why ssh has ended with this exit code after these lines, and the line that tells it."""
    for pattern, trouble in _TOLD:
        for line in lines:
            if re.search(pattern, line):
                return trouble, line
    last = next((line for line in reversed(lines) if line.strip()), "")
    if code in _NO_PROGRAM or re.search(_NO_PROGRAM_WINDOWS, "\n".join(lines)):
        return Trouble.no_emulsion, last
    return Trouble.something_else, last
