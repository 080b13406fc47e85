"""The ``parameters`` text that AUTOMATIC1111's program writes into pictures and most others read.

Format and quoting as in its ``modules/processing.py`` (create_infotext) and ``modules/infotext_utils.py``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from types import MappingProxyType

from core.language.words import tr
from core.recipes.civitai import take_resources
from core.recipes.recipe import Recipe
from core.recipes.refinement import refinement_to_parameters
from core.recipes.settings_text import recipe_of
from core.recipes.told import is_told
from core.request.json_values import plain_name
from core.request.settings import SETTINGS
from core.request.settings.loras import tags
from core.request.settings.template import KEYS

NEGATIVE = "Negative prompt:"
UNTOLD = "Untold"
"""Names settings that this format has no way to leave out; only this program writes it."""
_FIRST = (
    *("Steps", "Sampler", "Schedule type", "CFG scale", "Seed", "Size", "Model hash", "Model", "VAE", "VAE hash"),
    *("RNG", "Version"),
)
_KNOWN = MappingProxyType(
    {key.lower(): key for key in (*_FIRST, "Denoising strength", "Lora hashes", "Clip skip", UNTOLD)}
    | {"scheduler": "Schedule type", "cfg": "CFG scale"}  # of savers for ComfyUI
)
_FEWEST_SETTINGS = 3
_MOST_JSON = 50
_BEGIN = re.compile(r"Steps: ?\d")
# as in infotext_utils.py, with bounds on the key: without them a hostile line takes quadratic time
_KEY = re.compile(r"(?<!\w)(\w[\w \-/]{1,50}):\s{0,9}")
_VALUE = re.compile(r'("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
_END = re.compile(r"\s{0,9}(?:,|$)")
_MISREAD = re.compile(r"^(?=Steps: ?\d|Template:|Negative Template:)", re.MULTILINE)
"""Lines of a template that would be read as something else."""
_TEMPLATE = re.compile(r"^(Template|Negative Template): ?", re.MULTILINE)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def to_parameters(recipe: Recipe) -> str:
    """Returns the text for a picture; what could not stand in a text, such as NUL, is left out."""
    request = recipe.request
    settings: dict[str, object] = {"Model hash": recipe.model.hash, "Model": plain_name(recipe.model.key)}
    settings |= {f"Module {number}": told.rpartition(" ")[0] for number, told in _modules(recipe)}  # as in Forge
    settings |= {"RNG": "CPU" if recipe.program.startswith("Emulsion") else "", "Version": recipe.program}
    for setting in SETTINGS:
        if is_told(recipe, setting):
            settings |= setting.to_parameters(setting.of(request))
    upscaler = request.upscaler.key if request.upscaler is not None else ""
    settings |= refinement_to_parameters(recipe.refined, upscaler)
    settings |= {key: text for key, text in recipe.others.items() if _can_be_written(key)}
    settings = {key: settings[key] for key in sorted(settings, key=_place)}
    if recipe.stage != "final":
        settings |= {"Kept step": f"{recipe.step} of {request.all_steps}", "Kept as": recipe.stage}
    if recipe.parent:
        settings["Branched at step"] = recipe.parent.step
    prose = [setting.name for setting in SETTINGS if setting.is_prose and setting.name in recipe.untold]
    settings[UNTOLD] = " ".join(prose)
    lines = [_plain(request.prompt + tags(request.loras))]
    if request.negative_prompt:
        lines.append(f"{NEGATIVE} {_plain(request.negative_prompt)}")
    lines.append(
        ", ".join(f"{key}: {_quoted(_plain(str(value)))}" for key, value in settings.items() if value != "")
    )
    templates = {key: getattr(request, name) for name, key in KEYS.items()}
    lines += [f"{key}: {_MISREAD.sub(' ', _plain(text))}" for key, text in templates.items() if text]
    return "\n".join(lines)


def _modules(recipe: Recipe) -> Iterator[tuple[int, str]]:
    yield from enumerate(recipe.model.parts.values(), start=1)


def from_parameters(text: str) -> Recipe:
    """Reads what can be mapped; the rest stays as text in `Recipe.others`. Raises ValueError with a sentence."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
    place = next((at for at in reversed(range(len(lines))) if _BEGIN.match(lines[at])), len(lines) - 1)
    settings = _settings(lines[place])
    is_enough = len(settings) >= _FEWEST_SETTINGS or _BEGIN.match(lines[place])
    if not is_enough or not settings.keys() & {*_KNOWN.values()}:
        raise ValueError(tr("its text is not a recipe that Emulsion reads"))
    prompt, negative_prompt = _prompts(lines[:place])
    resources = take_resources(settings)
    untold = settings.pop(UNTOLD, "").split()
    return recipe_of(
        settings | _after("\n".join(lines[place + 1 :])),
        None if "prompt" in untold else prompt,
        None if "negative_prompt" in untold else negative_prompt,
        () if "<lora:" in prompt else resources,
    )


def _settings(line: str) -> dict[str, str]:
    """The entries of a line; JSON in a value is one value, whatever stands in it."""
    found: dict[str, str] = {}
    decoder, tries, end = json.JSONDecoder(), _MOST_JSON, 0
    while key := _KEY.search(line, end):
        name = _KNOWN.get(key[1].lower(), key[1])
        if line[key.end() : key.end() + 1] in ("[", "{") and tries:
            tries -= 1
            with suppress(ValueError, RecursionError):
                _, stop = decoder.raw_decode(line, key.end())
                if close := _END.match(line, stop):
                    found[name], end = line[key.end() : stop], close.end()
                    continue
        value = _VALUE.match(line, key.end())
        if value is None:
            end = key.end()
            continue
        found[name], end = _unquoted(value[1].strip()), value.end()
    return found


def _after(text: str) -> dict[str, str]:
    """Reads the lines that Dynamic Prompts and others write below the settings."""
    before, *parts = _TEMPLATE.split(text)
    templates = dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
    return templates | ({"Below the settings": before.strip()} if before.strip() else {})


def _prompts(lines: list[str]) -> tuple[str, str]:
    start = next((number for number, line in enumerate(lines) if line.strip().startswith(NEGATIVE)), len(lines))
    prompt = "\n".join(line.strip() for line in lines[:start])
    negative = "\n".join(line.strip() for line in lines[start:]).removeprefix(NEGATIVE)
    return prompt.strip(), negative.strip()


def _can_be_written(key: str) -> bool:
    """False for the name of an entry that would be read as none, or as another one."""
    return _KEY.fullmatch(f"{key}:") is not None and _KNOWN.get(key.lower(), key) == key


def _place(key: str) -> int:
    """Sorts the entries that AUTOMATIC1111's program begins with; others follow in their own order."""
    return _FIRST.index(key) if key in _FIRST else len(_FIRST)


def _plain(text: str) -> str:
    """Without control characters other than line breaks, and without halves of characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", lines).encode("utf-8", "ignore").decode("utf-8")


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if re.search('[,\n:]|^["{[]', value) else value


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        return str(json.loads(value))
    except ValueError:
        return value
