"""The part of the source picture that is changed, and how: inpainting and outpainting.

The ``parameters`` text has it as AUTOMATIC1111's program does (``modules/processing.py``), where a mask is never
named: what is there tells that there was one. ``Mask``, ``Mask hash`` and ``Widened`` are Emulsion's own entries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.errors import InvalidRequest
from core.language.words import mark, tr
from core.request.json_values import damaged, number_of, object_of, plain_name, text_of
from core.request.mask import MARGIN, Margins, Mask
from core.request.request import GenerationRequest, Limits
from core.request.setting import Option, Setting, number_taker, short_number, sparse_json_writer
from core.request.typed_values import needing, typed_number

AREAS: Mapping[str, str] = MappingProxyType(
    {
        "masked": mark("the masked part"),
        "close": mark("the masked part, enlarged"),
        "whole": mark("the whole picture"),
    }
)
"""The part that the model works on, in words."""

FILLS: Mapping[str, str] = MappingProxyType(
    {
        "original": mark("what is there"),
        "surroundings": mark("its blurred surroundings"),
        "noise": mark("noise"),
    }
)
"""The content of the masked part before the first step, in words; besides there are colours."""

DEFAULT = Mask("")
PADDING = range(2049)
SOFTNESS = (0.0, 256.0)

_COLOUR = re.compile(r"#[0-9a-f]{6}")
_NAME, _HASH, _MODE, _OWN_AREA, _WIDENED = "Mask", "Mask hash", "Mask mode", "Mask area", "Widened"
_AREA, _PADDING, _BLUR, _CONTENT = "Inpaint area", "Masked area padding", "Mask blur", "Masked content"
_AREAS_THERE = {"masked": "Only masked", "close": "Only masked", "whole": "Whole picture"}
"""There the masked part is always enlarged; ``Mask area`` tells ours that is not."""

_FILLS_THERE = {"original": "original", "surroundings": "fill", "noise": "latent noise"}
_NOTHING_THERE, _NOTHING = "latent nothing", "#808080"
_MODES_THERE = {"Inpaint masked": False, "Inpaint not masked": True}
"""Modes of a mask in words, True for an inverted one."""

_HASH_DIGITS = 10
_take_padding = number_taker(_PADDING, "padding", PADDING)
_take_softness = number_taker(_BLUR, "softness", SOFTNESS)


def is_fill(text: str) -> bool:
    return text in FILLS or _COLOUR.fullmatch(text) is not None


def _check(request: GenerationRequest, _limits: Limits) -> None:
    """Leaves the mask's own content to the engine, which knows the source picture."""
    mask = request.mask
    if mask is None:
        return
    if request.source is None and mask.margins:
        raise needing("widen", str(mask.margins), "--widen", "--image")
    if request.source is None:
        allowed = tr("a picture that it is a mask of")
        sentence = tr("A mask needs the picture that it is a mask of: --image is missing.")
        raise InvalidRequest("mask", plain_name(mask.path), allowed, sentence=sentence)
    if mask.area not in AREAS:
        raise InvalidRequest("mask area", mask.area, tr("one of {names}", names=", ".join(AREAS)))
    if mask.padding not in PADDING:
        raise InvalidRequest("mask padding", mask.padding, tr("0 to {most} pixels", most=PADDING[-1]))
    if not is_fill(mask.fill):
        names = ", ".join(FILLS)
        raise InvalidRequest("mask fill", mask.fill, tr("one of {names}, or a colour as #808080", names=names))
    if not SOFTNESS[0] <= mask.softness <= SOFTNESS[1]:  # also refuses NaN
        raise InvalidRequest("mask softness", mask.softness, tr("0 to {most:g} pixels", most=SOFTNESS[1]))
    if not all(margin in MARGIN for margin in mask.margins.edges):
        raise InvalidRequest("widen", str(mask.margins), tr("0 to {most} pixels at each edge", most=MARGIN[-1]))
    if not mask.is_painted:
        return
    path = Path(mask.path)
    try:
        is_there = path.is_absolute() and path.is_file()
    except ValueError:  # NUL
        is_there = False
    if not is_there:
        raise InvalidRequest("mask", plain_name(mask.path), tr("a mask's file that is there"))


def _to_json(mask: Mask) -> dict[str, Any]:
    """Leaves out the folder: where a file lies on somebody's disk is nobody else's business."""
    return {
        "name": plain_name(mask.path),
        "sha256": mask.sha256,
        "area": mask.area,
        "padding": mask.padding,
        "fill": mask.fill,
        "softness": mask.softness,
        **({"inverted": True} if mask.is_inverted else {}),
        **({"margins": [*mask.margins.edges]} if mask.margins else {}),
    }


def _from_json(content: Mapping[str, Any]) -> Mask | None:
    if content.get("mask") is None:
        return None
    told = object_of(content["mask"], "mask")
    sha256, area, fill = (text_of(told.get(key, value), key) for key, value in _TEXTS.items())
    if not re.fullmatch(r"([0-9a-f]{10,64})?", sha256):
        raise damaged("sha256", sha256, "hexadecimal digits")
    if area not in AREAS or not is_fill(fill):
        raise damaged("mask", f"{area}, {fill}", "an area and a fill")
    return Mask(
        plain_name(text_of(told.get("name", ""), "name")),
        sha256,
        area,
        int(number_of(told.get("padding", DEFAULT.padding), "padding", PADDING[-1])),
        fill,
        number_of(told.get("softness", DEFAULT.softness), "softness", SOFTNESS[1]),
        told.get("inverted") is True,
        Margins.from_json(told.get("margins", [])),
    )


_TEXTS = {"sha256": "", "area": "masked", "fill": "original"}


def _to_parameters(mask: Mask | None) -> dict[str, object]:
    if mask is None:
        return {}
    return {
        _BLUR: short_number(mask.softness),
        _AREA: _AREAS_THERE[mask.area],
        **({_PADDING: mask.padding} if mask.area != "whole" else {}),
        **({_OWN_AREA: mask.area} if mask.area == "masked" else {}),
        _CONTENT: _FILLS_THERE.get(mask.fill, mask.fill),
        _MODE: next(words for words, is_inverted in _MODES_THERE.items() if is_inverted is mask.is_inverted),
        _NAME: plain_name(mask.path),
        _HASH: mask.sha256[:_HASH_DIGITS],
        _WIDENED: str(mask.margins) if mask.margins else "",
    }


def _take(told: dict[str, str], content: dict[str, Any]) -> None:
    """Leaves what cannot be read where it is; without any of its entries there was no mask."""
    if not told.keys() & {_AREA, _PADDING, _BLUR, _CONTENT, _HASH, _WIDENED}:
        return
    mask: dict[str, Any] = {"name": told.pop(_NAME, ""), "sha256": told.pop(_HASH, "").lower()}
    areas = {there: area for area, there in _AREAS_THERE.items()}
    # what AUTOMATIC1111's program does not write has its own default there
    area = told.get(_AREA, _AREAS_THERE["whole"])
    mask["area"] = areas.get(area, "whole")
    if area in areas:
        told.pop(_AREA, None)
    if told.get(_OWN_AREA) in AREAS:
        mask["area"] = told.pop(_OWN_AREA)
    fills = {there: fill for fill, there in _FILLS_THERE.items()} | {_NOTHING_THERE: _NOTHING}
    fill = told.get(_CONTENT, "original")
    mask["fill"] = fills.get(fill, fill if is_fill(fill) else "original")
    if fill in fills or is_fill(fill):
        told.pop(_CONTENT, None)
    if told.get(_MODE) in _MODES_THERE:
        mask["inverted"] = _MODES_THERE[told.pop(_MODE)]
    mask["softness"] = 0.0  # a blur of 0 is not written
    _take_padding(told, mask)
    _take_softness(told, mask)
    if (margins := Margins.read(told.get(_WIDENED, ""))) is not None:
        mask["margins"] = [*margins.edges]
        del told[_WIDENED]
    content["mask"] = mask


def _name_of(mask: Mask) -> str:
    if not mask.is_painted:
        return tr("the edges alone")
    return plain_name(mask.path) or tr("a mask that is not known")


def fill_words(fill: str) -> str:
    return tr(FILLS[fill]) if fill in FILLS else fill


def _words(mask: Mask | None) -> str:
    if mask is None:
        return "none"
    told = {"fill": fill_words(mask.fill), "softness": mask.softness, "margins": mask.margins}
    if not mask.is_painted:
        return tr("of the new edges alone ({margins} px), begun with {fill}, soft over {softness:g} px", **told)
    words = tr(
        "{area} of {name}, with {padding} pixels around it, begun with {fill}, soft over {softness:g} pixels",
        area=tr(AREAS[mask.area]),
        name=_name_of(mask),
        padding=mask.padding,
        **told,
    )
    if mask.margins:
        words = tr("{words}; and of the new edges ({margins} px)", words=words, margins=mask.margins)
    return tr("{words}; inverted: what the mask covers was kept", words=words) if mask.is_inverted else words


def _parts(mask: Mask | None) -> dict[str, str]:
    if mask is None:
        return {"mask": "none"}
    return {
        "mask": _name_of(mask) + (f" ({mask.sha256[:_HASH_DIGITS]})" if mask.sha256 else ""),
        "mask area": mask.area,
        "mask padding": str(mask.padding),
        "mask fill": mask.fill,
        "mask softness": f"{mask.softness:g}",
        **({"mask mode": "inverted"} if mask.is_inverted else {}),
        "widened by": str(mask.margins) if mask.margins else "none",
    }


def _given(text: str, mask: Mask | None, name: str) -> Mask:
    if mask is None:
        raise needing(name, text, f"--{name.replace(' ', '-')}", "--mask")
    return mask


def _read_padding(text: str, mask: Mask | None) -> Mask:
    given = _given(text, mask, "mask padding")
    return replace(given, padding=int(typed_number("mask padding", text, PADDING[-1])))


def _read_softness(text: str, mask: Mask | None) -> Mask:
    given = _given(text, mask, "mask softness")
    return replace(given, softness=typed_number("mask softness", text, SOFTNESS[1]))


MASK: Setting[Mask | None] = Setting(
    name="mask",
    noun=mark("mask"),
    words=_words,
    parts=_parts,
    from_json=_from_json,
    to_json=sparse_json_writer("mask", _to_json),
    check=_check,
    options=(
        Option(
            "--mask",
            "FILE",
            tr("change only a part of --image: a picture of its size, white where it is changed, else black"),
            lambda text, now: replace(now or Mask(""), path=str(Path(text).expanduser().absolute())),
        ),
        Option(
            "--widen",
            "L,T,R,B",
            tr("continue --image by so many pixels beyond its left, top, right and bottom edge, or by one number"),
            lambda text, now: replace(now or Mask("", fill="surroundings"), margins=Margins.parse(text)),
            numbers="whole",
        ),
        Option(
            "--mask-area",
            "AREA",
            tr("work on the masked part with its surroundings, on it enlarged, or on all: masked, close, whole"),
            lambda text, now: replace(_given(text, now, "mask area"), area=text.strip().lower()),
        ),
        Option(
            "--mask-padding",
            "PIXELS",
            tr("how much around the masked part the model sees (default: 32)"),
            _read_padding,
            numbers="whole",
        ),
        Option(
            "--mask-fill",
            "FILL",
            tr("what the part begins with: original, surroundings, noise, or a colour as #808080"),
            lambda text, now: replace(_given(text, now, "mask fill"), fill=text.strip().lower()),
        ),
        Option(
            "--mask-softness",
            "PIXELS",
            tr("over how many pixels the change fades out beyond the mask (default: 4)"),
            _read_softness,
            numbers="any",
        ),
    ),
    to_parameters=_to_parameters,
    take_parameters=_take,
    can_branch=False,
    can_be_used=False,
)
