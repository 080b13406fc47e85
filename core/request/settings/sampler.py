"""The sampler. A recipe may name one that this program does not have, see `core.recipes.told`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from core.errors import InvalidRequest
from core.request.json_values import text_of
from core.request.request import GenerationRequest, Limits
from core.request.samplers import SAMPLERS
from core.request.setting import DEFAULT, OWN, Option, Setting, json_reader, json_writer

AUTOMATIC = "Automatic"
_OF_LABELS = MappingProxyType(
    {
        (sampler.label.lower(), (sampler.schedule_label or AUTOMATIC).lower()): key
        for key, sampler in SAMPLERS.items()
    }
)
# before version 1.9 of AUTOMATIC1111's program the schedule was the end of the sampler's name
_OF_OLD_LABEL = MappingProxyType({f"{label} {schedule}": key for (label, schedule), key in _OF_LABELS.items()})


def _check(request: GenerationRequest, limits: Limits) -> None:
    if request.sampler not in limits.samplers:
        raise InvalidRequest("sampler", request.sampler, "one of " + ", ".join(limits.samplers))


def _read(value: object) -> str:
    sampler = text_of(value, "sampler")
    return sampler if sampler in SAMPLERS else DEFAULT.sampler


def _to_parameters(key: str) -> dict[str, object]:
    sampler = SAMPLERS[key]
    return {"Sampler": sampler.label, "Schedule type": sampler.schedule_label or AUTOMATIC}


def _take(told: dict[str, str], content: dict[str, Any]) -> None:
    label = told.get("Sampler", "").lower()
    schedule = told.get("Schedule type", AUTOMATIC).lower()
    if sampler := _OF_LABELS.get((label, schedule)) or _OF_OLD_LABEL.get(label):
        told.pop("Sampler", None)
        told.pop("Schedule type", None)
        content["sampler"] = sampler


SAMPLER: Setting[str] = Setting(
    name="sampler",
    noun="sampler",
    words=lambda key: SAMPLERS[key].name,
    card="{}",
    from_json=json_reader("sampler", _read),
    to_json=json_writer("sampler"),
    check=_check,
    fit=lambda key, limits, own: key if key in limits.samplers else own,
    options=(Option("--sampler", "NAME", f"one of {', '.join(SAMPLERS)} {OWN}", lambda text, _: text),),
    to_parameters=_to_parameters,
    take_parameters=_take,
    is_of_model=True,
    facet=lambda key: (SAMPLERS[key].label,),
)
