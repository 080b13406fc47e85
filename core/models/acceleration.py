"""The ways to call a network with less time between its computations."""

from enum import Enum, auto


class Acceleration(Enum):
    """``automatic`` changes no bit of a picture; ``compiled`` changes the last ones, and is an explicit choice."""

    automatic = auto()
    off = auto()
    compiled = auto()
