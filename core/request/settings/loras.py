"""The LoRAs, small changes to the model (Hu et al. 2021).

In the ``parameters`` text of AUTOMATIC1111's program a LoRA is a tag in the prompt, ``<lora:name:weight>``, and
hashes are an entry, ``Lora hashes: "name: 0123456789ab"`` (``extensions-builtin/Lora`` of that program).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from core.errors import InvalidRequest
from core.language.words import mark, tr
from core.request.request import LARGEST_LORA_WEIGHT, MOST_LORAS, GenerationRequest, Limits, Lora
from core.request.setting import Option, Setting, sparse_json_writer

HASHES = "Lora hashes"
_TAG = re.compile(r"\s{0,9}<(?:lora|lyco):([^:<>]{1,200})(?::([^<>]{0,200}))?>")
_SUFFIX = ".safetensors"
_HASH = re.compile(r"[0-9a-f]{0,64}")


def loras_to_json(loras: tuple[Lora, ...]) -> list[dict[str, Any]]:
    """Returns names without folders: where a file lies on somebody's disk is nobody else's business."""
    return [
        {"name": lora.key, "weight": lora.weight, "hash": lora.hash}
        | ({} if lora.is_on else {"on": False})
        | ({} if lora.text_weight is None else {"text_weight": lora.text_weight})
        for lora in loras
    ]


def loras_from_json(value: object) -> tuple[Lora, ...]:
    """Reads what `loras_to_json` wrote, hostile ones too. Raises ValueError with a sentence."""
    if not isinstance(value, list):
        raise ValueError(tr("its recipe is damaged: its LoRAs are not a list"))  # noqa: TRY004
    return _distinct([_lora(entry) for entry in cast("list[object]", value)[:MOST_LORAS]])


def tags(loras: tuple[Lora, ...]) -> str:
    """Returns the tags that follow the prompt."""
    return "".join(f" <lora:{_in_tag(lora)}:{_numbers(lora)}>" for lora in loras)


def hashes(loras: tuple[Lora, ...]) -> str:
    """Returns the setting `HASHES`."""
    return ", ".join(f"{_in_tag(lora)}: {lora.hash}" for lora in loras if lora.hash)


def take_tags(prompt: str, told: str) -> tuple[str, tuple[Lora, ...]]:
    """Returns the prompt without its tags, and the LoRAs that they name, with their hashes in ``told``."""
    known = dict(re.findall(r"([^:,]{1,200}):\s{0,9}([0-9a-f]{1,64})(?=,|\s|$)", told))
    known = {name.strip(): value for name, value in known.items()}
    tagged = [(match, _weights(match[2])) for match in _TAG.finditer(prompt)]
    found = [
        Lora(Lora(match[1].strip()).key, weights[0], known.get(match[1].strip(), ""), text_weight=weights[1])
        for match, weights in tagged
        if weights is not None
    ]
    rest = _TAG.sub(lambda match: match[0] if _weights(match[2]) is None else "", prompt)
    return (rest.strip() if found else prompt), _distinct(found)[:MOST_LORAS]


def tag_places(prompt: str) -> tuple[tuple[int, int], ...]:
    """Returns the ranges of characters that `take_tags` takes."""
    return tuple(match.span() for match in _TAG.finditer(prompt) if _weights(match[2]) is not None)


def with_tags(request: GenerationRequest) -> GenerationRequest:
    """Returns the request with its prompt's tags in its list of LoRAs, where they win, and not in the prompt.

    Tags of the same LoRAs leave the prompt of a second pass, in which they act too.
    """
    prompt, tagged = take_tags(request.prompt, "")
    known = {lora.key: lora for lora in request.loras}
    named = [
        replace(lora, name=known[lora.key].name, hash=known[lora.key].hash) if lora.key in known else lora
        for lora in tagged
    ]
    if tagged:
        request = replace(request, prompt=prompt, loras=_distinct([*named, *request.loras]))
    if request.hires is not None:
        text, tagged = take_tags(request.hires.prompt, "")
        acting = {(lora.key, lora.weight, lora.text_weight) for lora in request.active_loras}
        if all((lora.key, lora.weight, lora.text_weight) in acting for lora in tagged):
            request = replace(request, hires=replace(request.hires, prompt=text))
    return request


def _weights(arguments: str | None) -> tuple[float, float | None] | None:
    """Returns a tag's weights for the network, 1 where it has none, and for text encoders if that is another one.

    None when they are no numbers. AUTOMATIC1111's program reads ``te:unet`` or ``te=0.6:unet=0.4``.
    """
    given = [part.strip() for part in arguments.split(":")] if arguments else []
    named = dict(part.split("=", 1) for part in given if "=" in part)
    first, second, *_ = [*(part for part in given if "=" not in part), "", ""]
    text = _number(named.get("te", first or "1"))
    numbers = (_number(named.get("unet", "")), _number(second), text)
    weight = next((number for number in numbers if number is not None), None)  # second may name blocks
    if weight is None or not math.isfinite(weight) or (text is not None and not math.isfinite(text)):
        return None
    own = None if text is None else _clamped(text)
    return _clamped(weight), None if own == _clamped(weight) else own


def _numbers(lora: Lora) -> str:
    """Returns the weights as they stand in a tag."""
    return f"{lora.weight:g}" if lora.text_weight is None else f"{lora.text_weight:g}:{lora.weight:g}"


def _more_than_weights(prompt: str) -> dict[str, str]:
    """Returns the arguments of tags that tell more than weights, or others than can be used."""
    tagged = ((Lora(match[1].strip()).key, match[2] or "1") for match in _TAG.finditer(prompt))
    return {
        tr("LoRA {key}", key=key): given for key, given in tagged if _weights(given) and not _is_all_used(given)
    }


def _is_all_used(arguments: str) -> bool:
    """Returns True for one or two numbers within the limits, with or without the names of what they are for."""
    numbers = [_number(re.sub(r"^\s*(te|unet)=", "", part)) for part in arguments.split(":")]
    return len(numbers) <= 2 and all(number is not None and number == _clamped(number) for number in numbers)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _lora(value: object) -> Lora:
    content = cast("Mapping[str, object]", value) if isinstance(value, dict) else {}
    name, weight, hash_ = content.get("name"), content.get("weight"), content.get("hash", "")
    is_number = isinstance(weight, int | float) and not isinstance(weight, bool) and math.isfinite(weight)
    if not isinstance(name, str) or not is_number or not isinstance(hash_, str) or not _HASH.fullmatch(hash_):
        raise ValueError(tr("its recipe is damaged: a LoRA is not given as name, weight and hash"))
    key, text = Lora(name).key, content.get("text_weight")
    own = _clamped(float(text)) if isinstance(text, int | float) and math.isfinite(text) else None
    return Lora(key, _clamped(float(cast("float", weight))), hash_, content.get("on") is not False, own)


def _distinct(loras: list[Lora]) -> tuple[Lora, ...]:
    by_name: dict[str, Lora] = {}
    for lora in loras:
        if lora.key:
            by_name.setdefault(lora.key, lora)
    return tuple(by_name.values())


def _clamped(weight: float) -> float:
    return min(max(weight, -LARGEST_LORA_WEIGHT), LARGEST_LORA_WEIGHT)


def _in_tag(lora: Lora) -> str:
    return re.sub(r"[:<>,\n]", "_", lora.key)


def parse_lora(text: str) -> Lora:
    """Reads ``NAME``, ``NAME:WEIGHT`` or ``NAME:TEXT:NETWORK``, or a file. Raises InvalidRequest."""
    number = r"[+-]?(?:\d+\.?\d*|\.\d+)"
    match = re.fullmatch(rf"(.+?)(?::({number}))?(?::({number}))?", text, re.ASCII)
    if match is None:
        raise InvalidRequest("lora", text, tr("a name or a file, with or without a weight: ink or ink:0.8"))
    path = Path(match[1]).expanduser().absolute()
    is_file = path.suffix == _SUFFIX and path.is_file()
    weight, own = (match[3], float(match[2])) if match[3] else (match[2], None)
    return Lora(str(path) if is_file else match[1], float(weight or 1), text_weight=own)


def _check(request: GenerationRequest, _limits: Limits) -> None:
    loras = request.loras
    if len(loras) > MOST_LORAS:
        raise InvalidRequest("lora", len(loras), tr("at most {most_loras} LoRAs", most_loras=MOST_LORAS))
    for index, lora in enumerate(loras):
        for weight in (lora.weight, lora.weight_in(is_encoder=True)):
            if not abs(weight) <= LARGEST_LORA_WEIGHT:  # also refuses NaN
                allowed = tr(
                    "a number from {least:g} to {most:g}",
                    least=-LARGEST_LORA_WEIGHT,
                    most=LARGEST_LORA_WEIGHT,
                )
                raise InvalidRequest(tr("LoRA weight"), weight, allowed)
        if any(lora.key == other.key for other in loras[:index]):
            raise InvalidRequest("lora", lora.key, tr("named once only"))


def _words(loras: tuple[Lora, ...]) -> str:
    """Only those that act on the picture."""
    return ", ".join(f"{lora.key} {_told(lora)}" for lora in loras if lora.is_on) or "none"


def _told(lora: Lora) -> str:
    own = "" if lora.text_weight is None else tr(" (text encoder {text_weight:g})", text_weight=lora.text_weight)
    return f"{lora.weight:g}{own}"


def _to_parameters(loras: tuple[Lora, ...]) -> dict[str, object]:
    return {HASHES: told} if (told := hashes(loras)) else {}


def _take(told: dict[str, str], content: dict[str, Any]) -> None:
    """Takes the tags out of the prompt that was read before."""
    names = told.pop(HASHES, "")
    told |= _more_than_weights(content["prompt"])
    content["prompt"], loras = take_tags(content["prompt"], names)
    if names.count(":") > sum(1 for lora in loras if lora.hash):
        told[HASHES] = names  # it names more than the prompt does
    content["loras"] = loras_to_json(loras)


LORAS: Setting[tuple[Lora, ...]] = Setting(
    name="loras",
    rebuilds=2,
    noun=mark("LoRA"),
    words=_words,
    from_json=lambda content: loras_from_json(content.get("loras", [])),
    to_json=sparse_json_writer("loras", loras_to_json),
    check=_check,
    options=(
        Option(
            "--lora",
            "NAME[:WEIGHT]",
            tr(
                "a LoRA by name or file, and its weight (default: 1), or those of text encoder and network "
                "(ink:0.8:0.5); may be given several times"
            ),
            lambda text, before: (*before, parse_lora(text)),
            is_repeated=True,
            numbers="after colon",
        ),
    ),
    to_parameters=_to_parameters,
    take_parameters=_take,
    is_shown=lambda loras: any(lora.is_on for lora in loras),
    facet=lambda loras: tuple(lora.key for lora in loras if lora.is_on),
    has_several_facets=True,
)
