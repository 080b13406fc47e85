"""Width and height of the picture."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.errors import InvalidRequest
from core.language.words import mark, tr
from core.request.json_values import whole_of
from core.request.request import GenerationRequest, Limits, Size
from core.request.setting import DEFAULT, OWN, Option, Setting

_LENGTHS_PX = range(1, 2**16 + 1)


def _check(request: GenerationRequest, limits: Limits) -> None:
    for name, length_px in (("width", request.size.width), ("height", request.size.height)):
        if length_px != limits.snap(length_px):
            raise InvalidRequest(
                name,
                length_px,
                tr(
                    "a multiple of {size_step} from {smallest} to {largest} (nearest: {snap})",
                    size_step=limits.size_step,
                    smallest=limits.smallest,
                    largest=limits.largest,
                    snap=limits.snap(length_px),
                ),
            )


def _from_json(content: Mapping[str, Any]) -> Size:
    return Size(
        whole_of(content.get("width", DEFAULT.size.width), "width", _LENGTHS_PX),
        whole_of(content.get("height", DEFAULT.size.height), "height", _LENGTHS_PX),
    )


def _take(told: dict[str, str], content: dict[str, Any]) -> None:
    if size := re.fullmatch(r"(\d{1,9})\s?[x×]\s?(\d{1,9})", told.get("Size", ""), re.ASCII | re.IGNORECASE):
        width, height = int(size[1]), int(size[2])
        if width in _LENGTHS_PX and height in _LENGTHS_PX:
            del told["Size"]
            content |= {"width": width, "height": height}


SIZE: Setting[Size] = Setting(
    name="size",
    rebuilds=1,
    noun=mark("size"),
    words=lambda size: size.words,
    card="{}",
    from_json=_from_json,
    to_json=lambda size: {"width": size.width, "height": size.height},
    check=_check,
    fit=lambda size, limits, _own: Size(limits.snap(size.width), limits.snap(size.height)),
    options=(
        Option(
            "--size",
            "WxH",
            tr("width and height in pixels, such as 128x128 {own}", own=OWN),
            lambda text, _: Size.parse(text),
        ),
    ),
    to_parameters=lambda size: {"Size": size},
    take_parameters=_take,
    is_of_model=True,
    can_branch=False,
    facet=lambda size: (size.words,),
    typed_facet=lambda text: Size.parse(text).words,
)
