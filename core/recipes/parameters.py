"""The ``parameters`` text that AUTOMATIC1111's program writes into pictures and most others read.

Format and quoting as in its ``modules/processing.py`` (create_infotext) and ``modules/infotext_utils.py``.
"""

from __future__ import annotations

import json
import re

from core.recipes.recipe import ModelIdentity, Recipe
from core.request.json_codec import request_from_json
from core.request.json_values import plain_name
from core.request.settings import SETTINGS
from core.request.settings.loras import tags

NEGATIVE = "Negative prompt:"
_FIRST = (
    *("Steps", "Sampler", "Schedule type", "CFG scale", "Seed", "Size", "Model hash", "Model", "VAE", "VAE hash"),
    *("RNG", "Version"),
)
_FEWEST_SETTINGS = 3
# as in infotext_utils.py, with bounds on the key: without them a hostile line takes quadratic time
_SETTING = re.compile(r'(?<!\w)(\w[\w \-/]{1,50}):\s{0,9}("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def to_parameters(recipe: Recipe) -> str:
    """Returns the text for a picture; what could not stand in a text, such as NUL, is left out."""
    request = recipe.request
    settings: dict[str, object] = {"Model hash": recipe.model.hash, "Model": plain_name(recipe.model.key)}
    settings |= {"RNG": "CPU", "Version": recipe.program}
    for setting in SETTINGS:
        settings |= setting.to_parameters(setting.of(request))
    settings = {key: settings[key] for key in sorted(settings, key=_place)}
    if recipe.stage != "final":
        settings |= {"Kept step": f"{recipe.step} of {request.steps}", "Kept as": recipe.stage}
    if recipe.parent:
        settings["Branched at step"] = recipe.parent.step
    lines = [_plain(request.prompt + tags(request.loras))]
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
    request: dict[str, object] = {"prompt": prompt, "negative_prompt": negative_prompt}
    for setting in SETTINGS:
        setting.take_parameters(settings, request)
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


def _place(key: str) -> int:
    """Sorts the entries that AUTOMATIC1111's program begins with; others follow in their own order."""
    return _FIRST.index(key) if key in _FIRST else len(_FIRST)


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
