"""The pictures that guide the one that is made, by ControlNets and T2I-Adapters.

In the ``parameters`` text each is an entry ``ControlNet 0: "Module: canny, Model: control_canny, Weight: 1, ..."``
as the ControlNet extension of AUTOMATIC1111's program writes it (``scripts/infotext.py``). It does not tell
pictures, and not what a union is told; ours are in entries of their own, since that program stops at fields that
it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import InvalidRequest
from core.files.pickles import is_pickle
from core.language.words import mark, tr
from core.request.control import (
    CONTROL_TYPES,
    LARGEST_WEIGHT,
    MOST_CONTROLS,
    NO_PREPROCESSOR,
    PREPROCESSORS,
    Control,
    MapEdits,
)
from core.request.json_values import plain_name
from core.request.request import GenerationRequest, Limits
from core.request.setting import Option, Setting, short_number, sparse_json_writer
from core.request.settings.controls_json import controls_from_json, controls_to_json

_PICTURES, _TYPES, _EDITS = "Control pictures", "Control types", "Control maps painted"
_HASH_DIGITS = 10
_ONE_PICTURE = re.compile(r"([^;]{0,200}) \(([0-9a-f]{10})?\)(?:; |$)")
_FIELD = re.compile(r"(?:^|, )([A-Z][A-Za-z ]{1,30}): ([^:]*?)(?=, [A-Z][A-Za-z ]{1,30}: |$)")
_MODEL_HASH = re.compile(r"\s*\[[0-9a-f]{1,64}\]$")
_NUMBER = r"(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})"
_PART = re.compile(
    rf"(?P<weight>{_NUMBER})|(?P<start>{_NUMBER})-(?P<end>{_NUMBER})|"
    rf"(?P<preprocessor>{'|'.join(PREPROCESSORS)})(?:=(?P<values>{_NUMBER}(?:,{_NUMBER})*))?|"
    rf"type=(?P<type>{'|'.join(CONTROL_TYPES)})"
)
_EXPECTED = tr(
    "NETWORK:PICTURE, then a weight, a range and a preprocessor if you like: canny:house.png:0.8:0-0.5:canny"
)


def _check(request: GenerationRequest, _limits: Limits) -> None:
    """Leaves it to the engine to find the files, which need not be there for those that it knows."""
    if len(request.controls) > MOST_CONTROLS:
        most = tr("at most {most}", most=MOST_CONTROLS)
        sentence = tr("At most {most} controls can guide a picture at once.", most=MOST_CONTROLS)
        raise InvalidRequest("control", len(request.controls), most, sentence=sentence)
    for control in request.controls:
        if not control.name:
            sentence = tr("A picture guides through a ControlNet: choose one for it, or remove the picture.")
            raise InvalidRequest("control", "", tr("a ControlNet"), sentence=sentence)
        if not 0 <= control.weight <= LARGEST_WEIGHT:  # also refuses NaN
            allowed = tr("a number from 0 to {largest:g}", largest=LARGEST_WEIGHT)
            raise InvalidRequest(tr("control weight"), control.weight, allowed)
        if not 0 <= control.start < control.end <= 1:
            told = f"{control.start:g}-{control.end:g}"
            raise InvalidRequest(tr("control range"), told, tr("from 0 to 1, its start before its end"))
        if control.preprocessor not in PREPROCESSORS:
            raise InvalidRequest(tr("preprocessor"), control.preprocessor, ", ".join(PREPROCESSORS))
        if control.type not in ("", *CONTROL_TYPES):
            raise InvalidRequest(tr("control type"), control.type, ", ".join(CONTROL_TYPES))
        for value, given in zip(PREPROCESSORS[control.preprocessor].values, control.values, strict=False):
            if not value.least <= given <= value.most:
                allowed = tr("a number from {least:g} to {most:g}", least=value.least, most=value.most)
                raise InvalidRequest(tr(value.noun), given, allowed)


def _to_parameters(controls: tuple[Control, ...]) -> dict[str, object]:
    told: dict[str, object] = {f"ControlNet {number}": _unit(one) for number, one in enumerate(controls)}
    pictures = (f"{plain_name(one.path).replace(';', '')} ({one.sha256[:_HASH_DIGITS]})" for one in controls)
    types = {_TYPES: "; ".join(one.type for one in controls)} if any(one.type for one in controls) else {}
    return told | {_PICTURES: "; ".join(pictures)} | types | _painted(controls) if controls else {}


def _painted(controls: tuple[Control, ...]) -> dict[str, object]:
    """Returns the entry for what was painted over maps."""
    edits = (one.edits or MapEdits("") for one in controls)
    entries = (f"{plain_name(one.path).replace(';', '')} ({one.sha256[:_HASH_DIGITS]})" for one in edits)
    return {_EDITS: "; ".join(entries)} if any(one.edits for one in controls) else {}


def _unit(control: Control) -> str:
    module = PREPROCESSORS[control.preprocessor]
    thresholds = zip(("Threshold A", "Threshold B"), control.used_values, strict=False)
    told = {
        "Module": module.module,
        "Model": re.sub(r"[,:\n]", "_", control.key),
        "Weight": short_number(control.weight),
        "Resize Mode": "Crop and Resize",
        **{name: short_number(value) for name, value in thresholds},
        "Guidance Start": short_number(control.start),
        "Guidance End": short_number(control.end),
        "Pixel Perfect": "True",
        "Control Mode": "Balanced",
    }
    return ", ".join(f"{name}: {value}" for name, value in told.items())


def _take(told: dict[str, str], content: dict[str, Any]) -> None:
    """Takes the units that can be repeated here; one with a preprocessor that is not there stays in the text."""
    pictures, edits = (_ONE_PICTURE.findall(told.get(key, "")) for key in (_PICTURES, _EDITS))
    types = told.get(_TYPES, "").split("; ")
    controls: list[dict[str, Any]] = []
    for number, key in enumerate(sorted(key for key in told if re.fullmatch(r"ControlNet \d", key))):
        fields = dict(_FIELD.findall(told[key]))
        if (control := _of_unit(fields)) is None:
            continue
        picture, sha256 = pictures[number] if number < len(pictures) else ("", "")
        kind = types[number] if number < len(types) and types[number] in CONTROL_TYPES else ""
        painted = MapEdits(*edits[number]) if number < len(edits) and edits[number][1] else None
        controls += controls_to_json((replace(control, path=picture, sha256=sha256, type=kind, edits=painted),))
        del told[key]
    if controls:
        told.pop(_PICTURES, None)
        told.pop(_TYPES, None)
        told.pop(_EDITS, None)
        content["controls"] = controls


def _of_unit(fields: Mapping[str, str]) -> Control | None:
    modules = {one.module: key for key, one in PREPROCESSORS.items()} | {"None": NO_PREPROCESSOR}
    module = re.sub(r" \(from .*\)$", "", fields.get("Module", "none"))
    name = _MODEL_HASH.sub("", fields.get("Model", "None"))
    if module not in modules or name == "None":
        return None
    values = PREPROCESSORS[modules[module]].values
    try:
        weight, start, end = (
            float(fields.get(field, own))
            for field, own in (("Weight", 1), ("Guidance Start", 0), ("Guidance End", 1))
        )
        told = [
            float(fields[field])
            for field, _ in zip(("Threshold A", "Threshold B"), values, strict=False)
            if field in fields
        ]
    except ValueError:
        return None
    if not (0 <= weight <= LARGEST_WEIGHT and 0 <= start < end <= 1):
        return None
    kept = [
        value.default if not value.least <= one <= value.most else one
        for value, one in zip(values, told, strict=False)
    ]
    own = all(one == value.default for value, one in zip(values, kept, strict=False))
    return Control(plain_name(name), "", "", "", modules[module], () if own else tuple(kept), weight, start, end)


def control_words(controls: tuple[Control, ...]) -> str:
    return ", ".join(map(_words, controls)) or "none"


def _words(control: Control) -> str:
    told = f"{control.key} {control.weight:g}"
    if (control.start, control.end) != (0, 1):
        told += f" ({control.start:g}–{control.end:g})"
    told += f": {plain_name(control.path) or '?'}"
    if control.edits:
        told += tr(" (painted over)")
    if control.type:
        told += f" [{control.type}]"
    if control.preprocessor == NO_PREPROCESSOR:
        return told
    values = ", ".join(map(short_number, control.used_values))
    return f"{told} ({control.preprocessor}{'=' if values else ''}{values})"


def parse_control(text: str) -> Control:
    """Reads ``NETWORK:PICTURE`` with parts behind colons, see `Option`. Raises InvalidRequest."""
    names, parts = text.split(":"), list[re.Match[str]]()
    while len(names) > 2 and (part := _PART.fullmatch(names[-1])) is not None:
        parts.append(part)
        names.pop()
    given: dict[str, str] = {}
    for part in parts:
        found = {name: told for name, told in part.groupdict().items() if told is not None}
        if found.keys() & given.keys():
            raise InvalidRequest("control", text, _EXPECTED)
        given |= found
    network, picture = _divided(names)
    if not network or not picture:
        raise InvalidRequest("control", text, _EXPECTED)
    if (unread := _unread(picture)) is not None:
        allowed = tr(
            "a weight such as 0.8, a range such as 0-0.5, a type such as type=depth, or a preprocessor: {names}",
            names=", ".join(PREPROCESSORS),
        )
        raise InvalidRequest(tr("part of a control"), unread, allowed)
    file = Path(network).expanduser().absolute()
    is_file = file.exists() and (file.suffix == ".safetensors" or is_pickle(file) or file.is_dir())
    return Control(
        str(file) if is_file else network,
        str(Path(picture).expanduser().absolute()),
        preprocessor=given.get("preprocessor", NO_PREPROCESSOR),
        values=tuple(map(float, given["values"].split(","))) if "values" in given else (),
        weight=float(given.get("weight", 1)),
        start=float(given.get("start", 0)),
        end=float(given.get("end", 1)),
        type=given.get("type", ""),
    )


def _unread(picture: str) -> str | None:
    """Returns the first part behind the name of a picture that is there that is none of a control."""
    names = picture.split(":")
    places = range(1, len(names)) if not Path(picture).expanduser().is_file() else ()
    files = (place for place in places if Path(":".join(names[:place])).expanduser().is_file())
    return next((part for place in files for part in names[place:] if not _PART.fullmatch(part)), None)


def _divided(names: list[str]) -> tuple[str, str]:
    """Returns network and picture; drives of Windows have colons too."""
    sides = [(":".join(names[:place]), ":".join(names[place:])) for place in range(1, len(names))]
    longer = [side for side in sides if len(side[0]) > 1] or [("", "")]
    return next((side for side in longer if Path(side[1]).expanduser().is_file()), longer[0])


CONTROLS: Setting[tuple[Control, ...]] = Setting(
    name="controls",
    noun=mark("control"),
    words=control_words,
    from_json=controls_from_json,
    to_json=sparse_json_writer("controls", controls_to_json),
    check=_check,
    options=(
        Option(
            "--control",
            "NETWORK:PICTURE[:...]",
            tr(
                "a ControlNet or T2I-Adapter by name or file and the picture it looks at; then, in any order, "
                "a weight (default: 1), the part of the run in which it acts (0-0.5) and a preprocessor, with "
                "values if you like ({preprocessors}, canny=50,150), and for a union the type of its map "
                "(type=depth; {types}); may be given several times",
                preprocessors=", ".join(PREPROCESSORS),
                types=", ".join(CONTROL_TYPES),
            ),
            lambda text, before: (*before, parse_control(text)),
            is_repeated=True,
        ),
    ),
    to_parameters=_to_parameters,
    take_parameters=_take,
    is_optional=True,
    rebuilds=2,
    facet=lambda controls: tuple(control.key for control in controls),
    has_several_facets=True,
)
