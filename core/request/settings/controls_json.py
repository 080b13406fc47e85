"""Controls in the JSON of a request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.language.words import tr
from core.request.control import (
    CONTROL_TYPES,
    LARGEST_WEIGHT,
    MOST_CONTROLS,
    NO_PREPROCESSOR,
    PREPROCESSORS,
    Control,
    MapEdits,
)
from core.request.json_values import damaged, list_of, number_of, object_of, plain_name, text_of


def controls_to_json(controls: tuple[Control, ...]) -> list[dict[str, Any]]:
    """Leaves out the folders: where files lie on somebody's disk is nobody else's business."""
    return [
        {
            "name": one.key,
            "network": one.network,
            "picture": plain_name(one.path),
            "sha256": one.sha256,
            "preprocessor": one.preprocessor,
            "values": list(one.values),
            "weight": one.weight,
            "start": one.start,
            "end": one.end,
            **({"type": one.type} if one.type else {}),
            **({"edits": {"name": plain_name(one.edits.path), "sha256": one.edits.sha256}} if one.edits else {}),
        }
        for one in controls
    ]


def controls_from_json(content: Mapping[str, Any]) -> tuple[Control, ...]:
    entries = list_of(content.get("controls", []), "controls")[:MOST_CONTROLS]
    return tuple(_one(object_of(entry, "controls")) for entry in entries)


def _one(told: Mapping[str, Any]) -> Control:
    picture, network = (text_of(told.get(name, ""), name) for name in ("sha256", "network"))
    for sha256 in (picture, network):
        if not re.fullmatch(r"([0-9a-f]{10,64})?", sha256):
            raise damaged("sha256", sha256, "hexadecimal digits")
    preprocessor = text_of(told.get("preprocessor", NO_PREPROCESSOR), "preprocessor")
    start, end = (number_of(told.get(name, own), name, 1.0) for name, own in (("start", 0.0), ("end", 1.0)))
    kind = told.get("type", "")
    if kind not in ("", *CONTROL_TYPES):
        raise damaged("type", kind, ", ".join(CONTROL_TYPES))
    if preprocessor not in PREPROCESSORS or start >= end:
        raise damaged("controls", dict(told), tr("a known preprocessor, and a start before its end"))
    limits = PREPROCESSORS[preprocessor].values
    values = list_of(told.get("values", []), "values")[: len(limits)]
    return Control(
        plain_name(text_of(told.get("name", ""), "name")),
        plain_name(text_of(told.get("picture", ""), "picture")),
        picture,
        network,
        preprocessor,
        tuple(
            max(limit.least, number_of(value, "values", limit.most))
            for limit, value in zip(limits, values, strict=False)
        ),
        number_of(told.get("weight", 1.0), "weight", LARGEST_WEIGHT),
        start,
        end,
        kind,
        _edits(told.get("edits")),
    )


def _edits(value: object) -> MapEdits | None:
    if value is None:
        return None
    told = object_of(value, "edits")
    sha256 = text_of(told.get("sha256", ""), "sha256")
    if not re.fullmatch(r"([0-9a-f]{10,64})?", sha256):
        raise damaged("sha256", sha256, "hexadecimal digits")
    return MapEdits(plain_name(text_of(told.get("name", ""), "name")), sha256)
