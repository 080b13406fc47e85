"""The sampler. A recipe may name one that this program does not have, see `core.recipes.told`."""

from __future__ import annotations

from typing import Any

from core.errors import InvalidRequest
from core.language.words import mark, tr
from core.request.json_values import text_of
from core.request.request import GenerationRequest, Limits
from core.request.sampler_names import PLAIN, sampler_key
from core.request.samplers import SAMPLERS
from core.request.setting import DEFAULT, OWN, Option, Setting, json_reader, json_writer

_OLD_PLAIN = "Automatic"
"""The word of earlier versions for `PLAIN`; other programs mean something else by it."""


def _check(request: GenerationRequest, limits: Limits) -> None:
    if request.sampler not in limits.samplers:
        raise InvalidRequest(
            "sampler", request.sampler, tr("one of {samplers}", samplers=", ".join(limits.samplers))
        )


def _read(value: object) -> str:
    sampler = text_of(value, "sampler")
    return sampler if sampler in SAMPLERS else DEFAULT.sampler


def _to_parameters(key: str) -> dict[str, object]:
    sampler = SAMPLERS[key]
    return {"Sampler": sampler.label, "Schedule type": sampler.schedule_label or PLAIN}


def _take(told: dict[str, str], content: dict[str, Any]) -> None:
    schedule = told.get("Schedule type", "")
    if schedule == _OLD_PLAIN and told.get("Version", "").startswith("Emulsion"):
        schedule = PLAIN
    if sampler := sampler_key(told.get("Sampler", ""), schedule):
        told.pop("Sampler", None)
        told.pop("Schedule type", None)
        content["sampler"] = sampler


SAMPLER: Setting[str] = Setting(
    name="sampler",
    noun=mark("sampler"),
    words=lambda key: SAMPLERS[key].name,
    card="{}",
    from_json=json_reader("sampler", _read),
    to_json=json_writer("sampler"),
    check=_check,
    fit=lambda key, limits, own: key if key in limits.samplers else own,
    options=(
        Option(
            "--sampler",
            "NAME",
            tr("one of {samplers} {own}", samplers=", ".join(SAMPLERS), own=OWN),
            lambda text, _: text,
        ),
    ),
    to_parameters=_to_parameters,
    take_parameters=_take,
    is_of_model=True,
    facet=lambda key: (SAMPLERS[key].label,),
)
