"""The way weights in a prompt act on what CLIP's text encoders make of it.

Keys and labels are those of AUTOMATIC1111's program, whose recipes tell it where it is not the usual one and the
prompt has brackets (``Emphasis: No norm``; ``modules/sd_emphasis.py`` there).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from core.errors import InvalidRequest
from core.language.words import mark, tr
from core.request.json_values import text_of
from core.request.request import GenerationRequest, Limits
from core.request.setting import DEFAULT, Option, Setting, sparse_json_writer

KEY = "Emphasis"
MODES: Mapping[str, str] = MappingProxyType(
    {"original": "Original", "no_norm": "No norm", "ignore": "Ignore", "none": "None", "plain": "Plain"}
)
"""``original`` brings the mean back to what it was before the weights, ``no_norm`` does not, ``ignore`` reads the
brackets and gives all words the weight 1, ``none`` takes brackets for text. ``plain``, of this program only, reads
all of a prompt as text, as far as one chunk goes: so films were made before prompts had a language."""

PLAIN = "plain"

LANGUAGE_KEY, PROMPT_LANGUAGE = "prompt_language", 1
"""The syntax of the prompts, see `core.prompt`, in films and recipes; those without it are from before.

A recipe has it only where that may make a difference.
"""

_SHORTEST_CHUNK = 40
_SYNTAX = re.compile(r"[()\[\]\\]|\b(?:AND|BREAK)\b|<(?:lora|lyco):|embedding:")

EXPECTED = tr("original, no_norm, ignore, none or plain")


def has_language(request: GenerationRequest) -> bool:
    """Returns True if prompts may mean something else since they have a language: by syntax or by length."""
    second = request.in_second_pass
    prompts = request.prompt, request.negative_prompt, second.prompt, second.negative_prompt
    may_act = any(
        _SYNTAX.search(prompt) or len(prompt.encode(errors="replace")) > _SHORTEST_CHUNK for prompt in prompts
    )
    return may_act and request.emphasis != PLAIN


def as_before_languages(request: GenerationRequest) -> GenerationRequest:
    """Returns a request from before prompts had a language: plain if it may mean something else since then."""
    return replace(request, emphasis=PLAIN) if has_language(request) else request


def _from_json(content: Mapping[str, Any]) -> str:
    mode = text_of(content.get("emphasis", DEFAULT.emphasis), "emphasis")
    return mode if mode in MODES else DEFAULT.emphasis


def _check(request: GenerationRequest, _limits: Limits) -> None:
    if request.emphasis not in MODES:
        raise InvalidRequest("emphasis", request.emphasis, EXPECTED)


def _typed(text: str, _before: str) -> str:
    mode = text.lower().replace(" ", "_").replace("-", "_")
    if mode not in MODES:
        raise InvalidRequest("emphasis", text, EXPECTED)
    return mode


def _take(told: dict[str, str], content: dict[str, Any]) -> None:
    known = {label.lower(): mode for mode, label in MODES.items()}
    if mode := known.get(told.get(KEY, "").lower()):
        content["emphasis"] = mode
        del told[KEY]


EMPHASIS: Setting[str] = Setting(
    name="emphasis",
    rebuilds=1,
    noun=mark("emphasis"),
    words=lambda mode: MODES.get(mode, mode),
    from_json=_from_json,
    to_json=sparse_json_writer("emphasis", lambda mode: mode),
    check=_check,
    options=(
        Option(
            "--emphasis",
            "MODE",
            tr(
                "how weights in the prompt act, in AUTOMATIC1111's words: original (default), no_norm, "
                "ignore or none (brackets are text); or plain (nothing acts but words)"
            ),
            _typed,
        ),
    ),
    to_parameters=lambda mode: {} if mode == DEFAULT.emphasis else {KEY: MODES[mode]},
    take_parameters=_take,
    is_shown=lambda mode: mode != DEFAULT.emphasis,
    is_optional=True,
)
