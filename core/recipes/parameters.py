"""The ``parameters`` text that AUTOMATIC1111's program writes into pictures and most others read.

Format and quoting as in its ``modules/processing.py`` (create_infotext) and ``modules/infotext_utils.py``.
"""

from __future__ import annotations

import json
import math
import re
from types import MappingProxyType

from core.recipes.recipe import ModelIdentity, Recipe
from core.request import autoencoder_codec, lora_codec
from core.request.json_codec import plain_name, request_from_json
from core.request.samplers import SAMPLERS

NEGATIVE = "Negative prompt:"
AUTOMATIC = "Automatic"
SOURCE_NAME = "Source picture"
SOURCE_HASH = "Source hash"
WEIGHT_BITS = "Weight bits"
_SOURCE_HASH_DIGITS = 10
_FEWEST_SETTINGS = 3
# as in infotext_utils.py, with bounds on the key: without them a hostile line takes quadratic time
_SETTING = re.compile(r'(?<!\w)(\w[\w \-/]{1,50}):\s{0,9}("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_SAMPLER_OF_LABELS = MappingProxyType(
    {
        (sampler.label.lower(), (sampler.schedule_label or AUTOMATIC).lower()): key
        for key, sampler in SAMPLERS.items()
    }
)
# before version 1.9 the schedule was the end of the sampler's name
_SAMPLER_OF_OLD_LABEL = MappingProxyType(
    {f"{label} {schedule}": key for (label, schedule), key in _SAMPLER_OF_LABELS.items()}
)


def to_parameters(recipe: Recipe) -> str:
    """The text for a picture; what could not stand in a text, such as NUL, is left out."""
    request = recipe.request
    sampler = SAMPLERS[request.sampler]
    settings: dict[str, object] = {
        "Steps": request.steps,
        "Sampler": sampler.label,
        "Schedule type": sampler.schedule_label or AUTOMATIC,
        "CFG scale": f"{float(request.guidance_scale)!r}".removesuffix(".0"),
        "Seed": request.seed,
        "Size": request.size,
        "Model hash": recipe.model.hash,
        "Model": plain_name(recipe.model.key),
        **autoencoder_codec.to_settings(request.autoencoder),
        "RNG": "CPU",
        "Version": recipe.program,
    }
    if request.source:
        settings |= {
            "Denoising strength": f"{float(request.source.strength)!r}".removesuffix(".0"),
            SOURCE_NAME: plain_name(request.source.path),
            SOURCE_HASH: request.source.sha256[:_SOURCE_HASH_DIGITS],
        }
    if told := lora_codec.hashes(request.loras):
        settings[lora_codec.HASHES] = told
    if request.weight_bits is not None:
        settings[WEIGHT_BITS] = request.weight_bits
    if recipe.stage != "final":
        settings |= {"Kept step": f"{recipe.step} of {request.steps}", "Kept as": recipe.stage}
    if recipe.parent:
        settings["Branched at step"] = recipe.parent.step
    lines = [_plain(request.prompt + lora_codec.tags(request.loras))]
    if request.negative_prompt:
        lines.append(f"{NEGATIVE} {_plain(request.negative_prompt)}")
    lines.append(
        ", ".join(f"{key}: {_quoted(_plain(str(value)))}" for key, value in settings.items() if value != "")
    )
    return "\n".join(lines)


def from_parameters(text: str) -> Recipe:
    """Reads what can be mapped; the rest stays as text in `Recipe.others`. Raises ValueError with a sentence."""
    *body, last = text.replace("\r\n", "\n").strip().split("\n")
    settings = {match[1]: _unquoted(match[2].strip()) for match in _SETTING.finditer(last)}
    if len(settings) < _FEWEST_SETTINGS:
        raise ValueError("its text is not a recipe that Emulsion reads")
    prompt, negative_prompt = _prompts(body)
    told = settings.pop(lora_codec.HASHES, "")
    prompt, loras = lora_codec.take_tags(prompt, told)
    if told.count(":") > sum(1 for lora in loras if lora.hash):
        settings[lora_codec.HASHES] = told  # it names more than the prompt does
    request: dict[str, object] = {"prompt": prompt, "negative_prompt": negative_prompt}
    request["loras"] = lora_codec.loras_to_json(loras)
    _move(settings, request, "Steps", "steps", int)
    _move(settings, request, "CFG scale", "guidance_scale", float)
    _move(settings, request, "Seed", "seed", int)
    _move(settings, request, WEIGHT_BITS, "weight_bits", int)
    if size := re.fullmatch(r"(\d{1,9})x(\d{1,9})", settings.get("Size", ""), re.ASCII):
        del settings["Size"]
        request |= {"width": int(size[1]), "height": int(size[2])}
    if sampler := _sampler(settings.get("Sampler", ""), settings.get("Schedule type", AUTOMATIC)):
        settings.pop("Sampler", None)
        settings.pop("Schedule type", None)
        request["sampler"] = sampler
    if source := _source(settings):
        request["source"] = source
    if autoencoder := autoencoder_codec.take_settings(settings):
        request["autoencoder"] = autoencoder_codec.autoencoder_to_json(autoencoder)
    name = plain_name(settings.pop("Model", ""))
    model = ModelIdentity(key=name, name=name, family="", hash=settings.pop("Model hash", ""))
    if settings.get("RNG") == "CPU":
        del settings["RNG"]
    recipe_request = request_from_json({**request, "model": name})
    return Recipe(
        request=recipe_request,
        model=model,
        step=recipe_request.steps,
        program=settings.pop("Version", ""),
        others=settings,
    )


def _prompts(lines: list[str]) -> tuple[str, str]:
    start = next((number for number, line in enumerate(lines) if line.strip().startswith(NEGATIVE)), len(lines))
    prompt = "\n".join(line.strip() for line in lines[:start])
    negative = "\n".join(line.strip() for line in lines[start:]).removeprefix(NEGATIVE)
    return prompt.strip(), negative.strip()


def _source(settings: dict[str, str]) -> dict[str, object] | None:
    """Moves out what tells of a source picture. AUTOMATIC1111 also gives a strength to its enlarging."""
    if any(key.startswith("Hires") for key in settings):
        return None
    told: dict[str, object] = {}
    _move(settings, told, "Denoising strength", "strength", float)
    if not told:
        return None
    return told | {"name": settings.pop(SOURCE_NAME, ""), "sha256": settings.pop(SOURCE_HASH, "").lower()}


def _sampler(label: str, schedule: str) -> str | None:
    label, schedule = label.lower(), schedule.lower()
    return _SAMPLER_OF_LABELS.get((label, schedule)) or _SAMPLER_OF_OLD_LABEL.get(label)


def _move(
    settings: dict[str, str], request: dict[str, object], name: str, key: str, kind: type[int] | type[float]
) -> None:
    """Moves a number from the settings to the request; one that cannot be read stays where it is."""
    text = settings.get(name, "")
    try:
        number = kind(text)
    except ValueError:
        return
    if math.isfinite(number):
        request[key] = number
        del settings[name]


def _plain(text: str) -> str:
    """Without control characters other than line breaks, and without halves of characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", lines).encode("utf-8", "ignore").decode("utf-8")


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if re.search("[,\n:]", value) else value


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        return str(json.loads(value))
    except ValueError:
        return value
