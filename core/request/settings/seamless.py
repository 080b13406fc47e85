"""The sides at which a picture goes on where it began, so that it can be laid beside itself.

In the ``parameters`` text it is ``Tiling: True``, as AUTOMATIC1111's program has it for both directions, and for
one of them ``Tiling: X`` or ``Tiling: Y``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.errors import InvalidRequest
from core.language.words import mark, tr
from core.request.json_values import text_of
from core.request.request import GenerationRequest, Limits
from core.request.setting import DEFAULT, Option, Setting, sparse_json_writer

KEY = "Tiling"
DIRECTIONS: Mapping[str, str] = MappingProxyType(
    {"": mark("no"), "xy": mark("all around"), "x": mark("left to right"), "y": mark("top to bottom")}
)
_TOLD: Mapping[str, str] = MappingProxyType({"": "False", "xy": "True", "x": "X", "y": "Y"})
_TYPED: Mapping[str, str] = MappingProxyType({"none": "", "off": "", "xy": "xy", "x": "x", "y": "y"})


def _expected() -> str:
    return tr("x, y, xy or none")


def _from_json(content: Mapping[str, Any]) -> str:
    directions = text_of(content.get("seamless", DEFAULT.seamless), "seamless")
    return directions if directions in DIRECTIONS else DEFAULT.seamless


def _check(request: GenerationRequest, _limits: Limits) -> None:
    if request.seamless not in DIRECTIONS:
        raise InvalidRequest("seamless", request.seamless, _expected())


def _typed(text: str, _before: str) -> str:
    try:
        return _TYPED[text.lower()]
    except KeyError as error:
        raise InvalidRequest("seamless", text, _expected()) from error


def _take(told: dict[str, str], content: dict[str, Any]) -> None:
    known = {word.lower(): directions for directions, word in _TOLD.items()}
    if (directions := known.get(told.get(KEY, "").lower())) is not None:
        content["seamless"] = directions
        del told[KEY]


SEAMLESS: Setting[str] = Setting(
    name="seamless",
    noun=mark("seamless"),
    words=lambda directions: tr(DIRECTIONS.get(directions, directions)),
    card=tr("seamless {}"),
    from_json=_from_json,
    to_json=sparse_json_writer("seamless", lambda directions: directions),
    check=_check,
    options=(
        Option(
            "--seamless",
            "DIRECTIONS",
            tr("let the picture go on where it began: x sideways, y up and down, xy both, or none (default)"),
            _typed,
        ),
    ),
    to_parameters=lambda directions: {KEY: _TOLD[directions]} if directions else {},
    take_parameters=_take,
    is_optional=True,
    facet=lambda directions: (DIRECTIONS.get(directions, directions),) if directions else (),
)
