"""The kinds of maps that unions tell apart: ControlNets for several kinds, told by a number with each call."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.request.control import Control

UNION_NUMBERS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "control_union": MappingProxyType(  # xinsir's ControlNetPlus; ProMax has the last two
            {
                "pose": 0,
                "depth": 1,
                "scribble": 2,
                "canny": 3,
                "lineart": 3,
                "normal": 4,
                "segment": 5,
                "tile": 6,
                "repaint": 7,
            }
        ),
        "control_flux": MappingProxyType(  # InstantX, Shakker-Labs' Union-Pro
            {"canny": 0, "tile": 1, "depth": 2, "blur": 3, "pose": 4, "grey": 5, "low_quality": 6}
        ),
    }
)
"""By the kind of file and the keys of `core.request.control.CONTROL_TYPES`."""

_OF_PREPROCESSORS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "canny": ("canny",),
        "lineart": ("lineart", "canny"),
        "scribble": ("scribble", "canny"),
        "tile": ("tile",),
        "blur": ("blur", "tile"),
        "grey": ("grey",),
    }
)
"""The types that fit what a preprocessor makes, the closest one first."""


def types_of(kind: str, count: int) -> tuple[str, ...]:
    """Returns the types of a union that tells ``count`` of them apart."""
    return tuple(key for key, number in UNION_NUMBERS.get(kind, {}).items() if number < count)


def type_of(control: Control, types: tuple[str, ...]) -> str:
    """Returns the type with which a union's control acts: its own, or that of its preprocessor; else ""."""
    wanted = (control.type,) if control.type else _OF_PREPROCESSORS.get(control.preprocessor, ())
    return next((one for one in wanted if one in types), "")
