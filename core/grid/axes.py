"""The settings that an axis of a grid can go over: every option of every setting, and a few more.

A setting with an option is an axis by itself, see `core.request.settings.SETTINGS`. Search and replace, and the
schedule, are as in AUTOMATIC1111's X/Y/Z plot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from core.errors import InvalidRequest
from core.language.words import tr
from core.request.request import LARGEST_LORA_WEIGHT, GenerationRequest
from core.request.sampler_names import PLAIN, sampler_key
from core.request.samplers import SAMPLERS
from core.request.setting import DEFAULT, Numbers, Option, Setting
from core.request.settings import SETTINGS
from core.request.settings.loras import LORAS, parse_lora
from core.request.settings.prompt import PROMPT
from core.request.settings.sampler import SAMPLER

NONE = "none"
Apply = Callable[[GenerationRequest, str, tuple[str, ...]], GenerationRequest]
"""Returns the request with a value of an axis; the third argument has all values of it. Raises InvalidRequest."""


@dataclass(frozen=True, slots=True)
class AxisKind:
    """Something that differs along an axis.

    Attributes:
        name: as it is typed: ``steps``.
        title: for people.
        setting: name of the setting that it changes; two axes cannot both set it unless ``is_added``.
        numbers: as in `Option`. rebuilds: as in `Setting`.
        hint: an example of values.
        is_added: another axis of the same kind adds to it.
        takes_nothing: an empty entry is a value.
    """

    name: str
    title: str
    setting: str
    apply: Apply
    numbers: Numbers = ""
    rebuilds: int = 0
    hint: str = ""
    is_added: bool = False
    takes_nothing: bool = False


def _of_option(setting: Setting[Any], option: Option[Any]) -> AxisKind:
    def apply(request: GenerationRequest, text: str, _values: tuple[str, ...]) -> GenerationRequest:
        is_absent = text.lower() == NONE and setting.of(DEFAULT) in (None, ()) and setting.name != "seed"
        value = setting.of(DEFAULT) if is_absent else option.read(text, setting.of(request))
        return replace(request, **{setting.name: value})

    name = option.flag.lstrip("-")
    is_whole = len(setting.options) == 1 or option.name == setting.name
    title = setting.title if is_whole else _TITLES[name]
    hint = _HINTS.get(name, tr("values, separated by commas"))
    return AxisKind(name, title, setting.name, apply, option.numbers, setting.rebuilds, hint)


def _search_and_replace(request: GenerationRequest, text: str, values: tuple[str, ...]) -> GenerationRequest:
    searched = values[0]
    if not searched or (searched not in request.prompt and searched not in request.negative_prompt):
        raise InvalidRequest(
            tr("first value to search for"), searched, tr("words of the prompt or the negative prompt")
        )
    prompt, negative = (each.replace(searched, text) for each in (request.prompt, request.negative_prompt))
    return replace(request, prompt=prompt, negative_prompt=negative)


def _sampler(request: GenerationRequest, text: str, _values: tuple[str, ...]) -> GenerationRequest:
    names = {sampler.name.lower(): key for key, sampler in SAMPLERS.items()}
    key = text if text in SAMPLERS else names.get(text.lower()) or sampler_key(text)
    if key is None:
        raise InvalidRequest("sampler", text, tr("one of {samplers}", samplers=", ".join(SAMPLERS)))
    return replace(request, sampler=key)


def _schedule(request: GenerationRequest, text: str, _values: tuple[str, ...]) -> GenerationRequest:
    label = SAMPLERS[request.sampler].label
    key = sampler_key(label, text)
    if key is None:
        known = [sampler.schedule_label or PLAIN for sampler in SAMPLERS.values() if sampler.label == label]
        raise InvalidRequest(
            "schedule", text, tr("one of those of {label}: {known}", label=label, known=", ".join(known))
        )
    return replace(request, sampler=key)


def _lora(request: GenerationRequest, text: str, _values: tuple[str, ...]) -> GenerationRequest:
    """Takes the place of the one with its name."""
    if text.lower() == NONE:
        return request
    lora = parse_lora(text)
    others = tuple(other for other in request.loras if other.key != lora.key)
    return replace(request, loras=(*others, lora))


def _lora_weight(request: GenerationRequest, text: str, _values: tuple[str, ...]) -> GenerationRequest:
    """Of all LoRAs that act."""
    try:
        weight = float(text)
    except ValueError as error:
        allowed = tr(
            "a number from {least:g} to {most:g}",
            least=-LARGEST_LORA_WEIGHT,
            most=LARGEST_LORA_WEIGHT,
        )
        raise InvalidRequest(tr("LoRA weight"), text, allowed) from error
    if not request.active_loras:
        raise InvalidRequest(tr("LoRA weight"), text, tr("used with a LoRA from the list, or one on another axis"))
    weighed = (replace(one, weight=weight, text_weight=None) if one.is_on else one for one in request.loras)
    return replace(request, loras=tuple(weighed))


_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "image": tr("Image"),
        "strength": tr("Strength"),
        "widen": tr("Widening"),
        "mask-area": tr("Mask area"),
        "mask-padding": tr("Mask padding"),
        "mask-fill": tr("Mask fill"),
        "mask-softness": tr("Mask softness"),
        "upscale-by": tr("Upscale by"),
        "hires-upscaler": tr("Hires upscaler"),
        "hires-strength": tr("Hires strength"),
        "hires-steps": tr("Hires steps"),
        "hires-sampler": tr("Hires sampler"),
        "hires-guidance": tr("Hires guidance"),
        "hires-prompt": tr("Hires prompt"),
        "hires-negative": tr("Hires negative prompt"),
        "variation-seed": tr("Variation seed"),
        "seed-size": tr("Seed size"),
    }
)
"""Of options that share a setting with another one."""

_HINTS: Mapping[str, str] = MappingProxyType(
    {
        "seed": tr("1-4, or -1 for a random one"),
        "steps": "10-50 (+10)",
        "guidance": "1-9 [5]",
        "strength": "0.2-0.8 (+0.2)",
        "clip-skip": "1-3",
        "size": "128x128, 192x128",
        "model": tr("names of models"),
        "quantise": "none, 8, 4",
        "prompt": tr('"a red house, at night", "a blue house"'),
    }
)
_ADDED = (
    AxisKind(
        "search-replace",
        tr("Prompt search and replace"),
        PROMPT.name,
        _search_and_replace,
        rebuilds=PROMPT.rebuilds,
        hint=tr("red, blue, dark green: each takes the place of the first in the prompt"),
        is_added=True,
        takes_nothing=True,
    ),
    AxisKind("sampler", SAMPLER.title, SAMPLER.name, _sampler, hint="ddim, Euler a, DPM++ 2M Karras"),
    AxisKind("schedule", tr("Schedule"), SAMPLER.name, _schedule, hint=tr("Uniform, Karras, Even")),
    AxisKind(
        *("lora", "LoRA", LORAS.name, _lora, "after colon", LORAS.rebuilds),
        hint=tr("none, ink:0.4, pastel:0.2-1 (+0.2)"),
        is_added=True,
    ),
    AxisKind(
        *("lora-weight", tr("LoRA weight"), LORAS.name, _lora_weight, "any", LORAS.rebuilds),
        hint="0-1 (+0.25)",
    ),
)


def _all() -> Iterator[AxisKind]:
    """Yields them in the order in which their values are put into a request."""
    own = {kind.name for kind in _ADDED}
    for setting in SETTINGS:
        if setting.is_of_picture:
            for option in setting.options:
                if (kind := _of_option(setting, option)).name not in own:
                    yield kind
        yield from (kind for kind in _ADDED if kind.setting == setting.name)


AXES: Mapping[str, AxisKind] = MappingProxyType({kind.name: kind for kind in _all()})

_OTHER_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "prompt s/r": "search-replace",
        "cfg scale": "guidance",
        "checkpoint name": "model",
        "denoising": "strength",
        "schedule type": "schedule",
    }
)
"""AUTOMATIC1111's labels, as far as they are not ours."""


def axis_kind(text: str) -> AxisKind:
    """Returns the kind with this name or title, in any case. Raises InvalidRequest."""
    asked = " ".join(text.lower().split())
    titles = {kind.title.lower(): kind for kind in AXES.values()}
    name = _OTHER_NAMES.get(asked, asked).replace("_", "-").replace(" ", "-")
    if (kind := AXES.get(name) or titles.get(asked)) is None:
        raise InvalidRequest("axis", text, tr("one of {axes}", axes=", ".join(AXES)))
    return kind
