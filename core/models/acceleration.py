"""The ways to call a network with less time between its computations."""

from enum import Enum, auto

from core.errors import InvalidRequest


class Acceleration(Enum):
    """``automatic`` changes no bit of a picture; ``compiled`` changes the last ones, and is an explicit choice."""

    automatic = auto()
    off = auto()
    compiled = auto()


def parse_acceleration(text: str) -> Acceleration:
    """Reads what ``--acceleration`` takes. Raises InvalidRequest."""
    if text not in Acceleration.__members__:
        raise InvalidRequest("acceleration", text, f"one of {', '.join(Acceleration.__members__)}")
    return Acceleration[text]
