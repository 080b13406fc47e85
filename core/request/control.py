"""A picture that guides the one that is made, by a network beside the model's own (Zhang et al. 2023)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.files.pickles import PICKLES
from core.language.words import mark

MOST_CONTROLS = 4
LARGEST_WEIGHT = 2.0
NO_PREPROCESSOR = "none"
_ENDING = re.compile(rf"(\.safetensors|{'|'.join(map(re.escape, PICKLES))})$")


@dataclass(frozen=True, slots=True)
class Value:
    """A number that a preprocessor takes, from ``least`` to ``most``; ``noun`` is marked."""

    noun: str
    default: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Preprocessor:
    """One way to make a map for a ControlNet from a picture; `core.control.preprocessors` does it.

    Attributes:
        noun: for people, marked.
        module: as the ControlNet extension of AUTOMATIC1111's program calls it.
        values: in its order there, "Threshold A" and "Threshold B".
    """

    noun: str
    module: str
    values: tuple[Value, ...] = ()


PREPROCESSORS: Mapping[str, Preprocessor] = MappingProxyType(
    {
        NO_PREPROCESSOR: Preprocessor(mark("none: it is a map already"), "none"),
        "canny": Preprocessor(
            mark("edges (Canny)"),
            "canny",
            (Value(mark("weak edges from"), 100, 1, 255), Value(mark("strong edges from"), 200, 1, 255)),
        ),
        "lineart": Preprocessor(mark("lines"), "lineart_standard"),
        "scribble": Preprocessor(mark("scribble"), "scribble_xdog", (Value(mark("strokes from"), 32, 1, 64),)),
        "threshold": Preprocessor(mark("black and white"), "threshold", (Value(mark("white from"), 127, 0, 255),)),
        "invert": Preprocessor(mark("inverted"), "invert"),
        "tile": Preprocessor(
            mark("without detail"), "tile_resample", (Value(mark("pixels of one detail"), 4, 1, 16),)
        ),
        "blur": Preprocessor(mark("blurred"), "blur_gaussian", (Value(mark("radius in pixels"), 9, 0.1, 64),)),
        "grey": Preprocessor(mark("grey"), "recolor_luminance"),
        "picture": Preprocessor(mark("all of it, for an IP-Adapter"), "ip-adapter-auto"),
        "style": Preprocessor(mark("its style only, for an IP-Adapter"), "ip-adapter-style"),
        "layout": Preprocessor(mark("its layout only, for an IP-Adapter"), "ip-adapter-layout"),
    }
)
"""By the keys that requests have."""

IMAGE_PROMPTS = ("picture", "style", "layout")
"""Preprocessors for IP-Adapters, which see all of a picture, whatever shape is made."""


CONTROL_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "canny": mark("edges"),
        "lineart": mark("lines"),
        "scribble": mark("scribble, soft edges"),
        "depth": mark("depth"),
        "pose": mark("pose"),
        "normal": mark("surface normals"),
        "segment": mark("segments"),
        "tile": mark("tile: without detail"),
        "blur": mark("blurred"),
        "grey": mark("grey"),
        "low_quality": mark("low quality"),
        "repaint": mark("repaint"),
    }
)
"""Kinds of maps that a union is told to look at; `core.control.types` has the numbers of each union."""


@dataclass(frozen=True, slots=True)
class MapEdits:
    """A file with what was painted by hand over a control's map, see `core.control.edits`.

    Attributes:
        path: only its name, or nothing, where a recipe does not tell more.
        sha256: of its content, the whole or its first digits; "" for one not read yet.
    """

    path: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Control:
    """A network that guides the picture, and the picture that it looks at.

    Attributes:
        name: of the network's file without the ending, in one of the folders for them; or the full path.
        path: of the picture's file; only its name, or nothing, where a recipe does not tell more.
        sha256: of the content of the picture's file, the whole or its first digits; "" for one not read yet.
        network: SHA-256 of the network's file; "" for one not read yet.
        preprocessor: key in `PREPROCESSORS`, for what is made of the picture first.
        values: of the preprocessor; () for its own ones.
        weight: 0 to `LARGEST_WEIGHT`.
        start, end: the part of the run's calls in which it acts, from 0 to 1.
        type: key in `CONTROL_TYPES` for a union, a network for several kinds of maps; "" for any other, and for
            the one that its preprocessor tells.
        edits: what was painted over the map, or None.
    """

    name: str
    path: str
    sha256: str = ""
    network: str = ""
    preprocessor: str = NO_PREPROCESSOR
    values: tuple[float, ...] = ()
    weight: float = 1.0
    start: float = 0.0
    end: float = 1.0
    type: str = ""
    edits: MapEdits | None = None

    @property
    def key(self) -> str:
        """Returns the network's name alone, without folders and ending."""
        return _ENDING.sub("", re.split(r"[/\\]", self.name)[-1])

    @property
    def used_values(self) -> tuple[float, ...]:
        """Returns the values of the preprocessor, its own ones for those that are not told."""
        own = tuple(value.default for value in PREPROCESSORS[self.preprocessor].values)
        return (*self.values, *own[len(self.values) :])[: len(own)]

    def acts(self, call: int, calls: int) -> bool:
        """Returns True if it acts in a call, from 0, of so many; as the stock pipelines of diffusers count."""
        return self.weight != 0 and not (call / calls < self.start or (call + 1) / calls > self.end)
