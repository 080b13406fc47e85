"""A grid as JSON: inside its sheet for everybody, and in its folder with the places of files on this computer."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from core.errors import InvalidRequest
from core.grid.axes import AXES
from core.grid.grid import ID_DIGITS, NAMES, Axis, Grid
from core.grid.planning import MOST_PICTURES
from core.language.words import tr
from core.request.json_codec import request_to_json
from core.request.json_values import list_of, object_of, parse_json, plain_name, text_of, whole_of
from core.request.local_json import request_from_settings, request_to_settings

FORMAT = 1
_DIGITS = set("0123456789abcdef")
_FILES = ("model", "lora", "vae", "image", "reference", "upscaler", "control")
"""Kinds of axes whose values can be paths."""
_FOLDERS_OF_PARTS = r"(?:^|(?<=:))(?:[A-Za-z]:)?[^:]*[/\\]"
"""Of a control, which names a network and a picture, divided by a colon; drives of Windows have one too."""


def grid_to_text(grid: Grid, *, has_places: bool) -> str:
    """Returns the description; without places of models, add-ons and pictures unless ``has_places``."""
    request = grid.request
    told = request_to_settings(request) if has_places else request_to_json(request)
    assert told is not None
    if not has_places:
        told["model"] = plain_name(request.model)
    axes = [_axis_to_json(axis if has_places else without_places(axis)) for axis in grid.axes]
    return json.dumps({"format": FORMAT, "id": grid.id, "request": told, "axes": axes})


def grid_from_text(text: str) -> Grid:
    """Reads what `grid_to_text` wrote, hostile ones too. Raises ValueError with a sentence."""
    content = object_of(parse_json(text), tr("the grid"))
    newest = whole_of(content.get("format"), "format", range(1, 1_000_000))
    if newest > FORMAT:
        raise ValueError(
            tr(
                "its grid has format {newest} of a newer Emulsion; this one reads up to {format}",
                newest=newest,
                format=FORMAT,
            )
        )
    id_ = text_of(content.get("id"), "id")
    if len(id_) != ID_DIGITS or not set(id_) <= _DIGITS:
        raise ValueError(tr("its grid is damaged: its id is not 24 hexadecimal digits"))
    axes = [_axis(object_of(axis, tr("an axis"))) for axis in list_of(content.get("axes"), "axes")]
    if len(axes) != len(NAMES):
        raise ValueError(
            tr("its grid is damaged: it has {count} axes, not {count_2}", count=len(axes), count_2=len(NAMES))
        )
    request_json = object_of(content.get("request"), "request")
    request = request_from_settings(request_json)
    if request is None or request.seed is None:
        raise ValueError(tr("its grid is damaged: its settings have no seed, which all its pictures share"))
    grid = Grid(id_, replace(request, count=1), (axes[0], axes[1], axes[2]))
    if grid.count > MOST_PICTURES:
        raise ValueError(
            tr(
                "its grid has {count} pictures; at most {most_pictures:,} can be made",
                count=grid.count,
                most_pictures=MOST_PICTURES,
            )
        )
    try:
        for number in range(grid.count):
            grid.request_of(number)
    except InvalidRequest as error:
        raise ValueError(
            tr(
                "its grid has a value that cannot be used: “{value}” must be {allowed}",
                value=str(error.value)[:40],
                allowed=error.allowed,
            )
        ) from error
    return grid


def _axis_to_json(axis: Axis) -> dict[str, Any]:
    return {"kind": axis.kind, "text": axis.text, "values": list(axis.values)}


def without_places(axis: Axis) -> Axis:
    """Returns names of files without their folders."""
    if axis.kind not in _FILES:
        return axis
    folders = _FOLDERS_OF_PARTS if axis.kind == "control" else r"^.*[/\\]"
    values = tuple(re.sub(folders, "", value, flags=re.DOTALL) for value in axis.values)
    return Axis(axis.kind, ", ".join(values), values)


def _axis(content: dict[str, Any]) -> Axis:
    kind = text_of(content.get("kind"), "kind")
    if kind and kind not in AXES:
        raise ValueError(tr("its grid has an axis that this Emulsion does not know: {kind!r}", kind=kind[:40]))
    values = tuple(text_of(value, tr("a value")) for value in list_of(content.get("values"), "values"))
    if not values or len(values) > MOST_PICTURES or (not kind and values != ("",)):
        raise ValueError(tr("its grid is damaged: an axis has no values"))
    return Axis(kind, text_of(content.get("text", ""), "text"), values)
