"""Finds what a model does not read of a prompt as it was meant: a cut end, and the syntax of other programs.

Weights, chunks, switches and LoRA tags of AUTOMATIC1111's program act, see `core.prompt.weights`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from core.families import FAMILIES
from core.language.words import quoted, tr
from core.prompt.bidi import isolated
from core.prompt.chunks import spellings
from core.prompt.length import count_prompt
from core.prompt.tokens import TokenCounter
from core.request.request import GenerationRequest
from core.request.settings.loras import take_tags

_LONGEST_QUOTE = 60
_INSIDE = r"(?:[^()\\]|\\.|\([^()\\]{0,100}\)){1,200}?"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"

_WEIGHTS = (
    ("weight", rf"(?<!\\)\({_INSIDE}:\s*{_NUMBER}\s*\)"),  # AUTOMATIC1111, ComfyUI
    ("weight", r"(?<!\\)\({2,20}[^()\\]{1,200}\){2,20}|(?<!\\)\[[^\[\]|:\\]{1,200}\]"),
    (tr("switch between words"), r"(?<!\\)\[[^\[\]\\]{0,100}[|:][^\[\]\\]{0,100}\]"),
    ("break", r"\b(?:BREAK|AND)\b"),
    (tr("escaped bracket"), r"\\[()\[\]]"),
)
"""Syntax that acts where the text encoder is CLIP; for a language model it is text."""

_BRACKETS = (
    ("weight", r"(?<!\\)\([^()\\]{1,200}\)(?:[+-]+|\d?\.\d+)|\b[^\W\d]{2,}\+{1,5}(?=[\s,.]|$)"),  # InvokeAI
    ("weight", rf"{_NUMBER}::[^:]{{1,200}}::|(?<!\\)\{{[^{{}}|\n\\]{{1,200}}\}}"),  # NovelAI
)
"""Syntax that is ordinary text for a language model, which reads sentences and not tags."""

_TAGS = (
    ("LoRA", r"(?i:<(?:lora|lyco|lycoris|hypernet):[^<>\n]{1,200}>)"),
    ("command", r"<(?!(?i:lora|lyco|lycoris|hypernet):)[a-z]+(?:\[[^\[\]\n]*\])?:[^<>\n]{1,200}>"),  # SwarmUI
    (
        "embedding",
        r"(?i:\bembedding:[^\s,()]{1,100}|<[a-z][\w-]{1,60}>|\b(?:easynegative(?:v2)?|fastnegativev2|bad-hands-5"
        r"|badhandv4|bad_prompt(?:_version2)?|ng_deepnegative_v1_75t|verybadimagenegative_v1\.\d|baddream"
        r"|unrealisticdream|negative_hand(?:-neg)?)(?![\w-]))",  # those that most recipes have
    ),
    ("wildcard", r"\b__[\w/*-]{1,100}__|\{[^{}\n]{0,200}\|[^{}\n]{0,200}\}"),
)


def _compiled(*tables: tuple[tuple[str, str], ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((kind, re.compile(pattern)) for table in tables for kind, pattern in table)


_OF_SENTENCES, _OF_CLIP = _compiled(_TAGS), _compiled(_TAGS, _BRACKETS)
_ACTING = _compiled(_WEIGHTS)


def cut_end(noun: str, text: str, counter: TokenCounter, *, is_negative: bool = False) -> str:
    """Returns a sentence about the end of a prompt that does not fit, "" for none."""
    count = count_prompt(counter, text, "original", is_negative=is_negative)
    if not count.is_cut:
        return ""
    cut = text[count.read_characters :].strip(" ,")
    return tr(
        "the {noun} has {tokens} tokens and the model reads {limit}: {quoted} is ignored",
        noun=noun,
        tokens=count.tokens,
        limit=count.limit,
        quoted=_quoted(cut),
    )


def plain_words(text: str, family: str, *, is_negative: bool = False, embeddings: Collection[str] = ()) -> str:
    """Names the syntax of other programs that is read as plain words, one example of each kind; "" for none.

    In a prompt for a language model brackets are what they are everywhere else. Tags of LoRAs act in the prompt,
    not in the negative one; so do these ``embeddings``.
    """
    for name in embeddings:
        if name.casefold() in text.casefold():
            for spelling in reversed(spellings(name)):
                text = re.sub(re.escape(spelling), " ", text, flags=re.IGNORECASE)
    if not is_negative:
        text, _ = take_tags(text, "")
    return _named(_OF_CLIP if _has_weights(family) else _OF_SENTENCES, text)


def literal_weights(text: str, family: str) -> str:
    """Returns a sentence about weights and switches that a family reads as text, "" for none."""
    if _has_weights(family):
        return ""
    found = _named(_ACTING, text)
    return (
        tr("{name} reads brackets as text, not as weights: {found}", name=FAMILIES[family].name, found=found)
        if found
        else ""
    )


def weighs_otherwise(request: GenerationRequest, program: str, family: str) -> bool:
    """Returns True if weights in a request's prompts mean something else to the program that wrote them.

    ComfyUI replaces the weights around ``(x:1.2)`` instead of multiplying, knows no square brackets, and moves
    words away from an empty prompt (``comfy/sd1_clip.py`` there); the numbers are read as they stand.
    """
    prompts = f"{request.prompt}\n{request.negative_prompt}"
    has_any = any(pattern.search(prompts) for _, pattern in _ACTING) or re.search(r"(?<!\\)\([^()\\]", prompts)
    return program == "ComfyUI" and _has_weights(family) and bool(has_any)


def unread(
    noun: str,
    text: str,
    family: str,
    counter: TokenCounter | None,
    *,
    is_negative: bool = False,
    embeddings: Collection[str] = (),
) -> Iterator[str]:
    """Sentences about a prompt, which ``noun`` names; without a counter nothing is told about its length."""
    if counter is not None and (cut := cut_end(noun, text, counter, is_negative=is_negative)):
        yield cut
    if plain := plain_words(text, family, is_negative=is_negative, embeddings=embeddings):
        yield tr("in the {noun}, syntax of other programs is read as plain words: {plain}", noun=noun, plain=plain)
    if literal := literal_weights(text, family):
        yield literal


def _has_weights(family: str) -> bool:
    return family not in FAMILIES or FAMILIES[family].has_weights


def _named(syntax: tuple[tuple[str, re.Pattern[str]], ...], text: str) -> str:
    found: dict[str, str] = {}
    for kind, pattern in syntax:
        if match := pattern.search(text):
            found.setdefault(kind, _quoted(match[0]))
    return ", ".join(f"{words} ({kind})" for kind, words in found.items())


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    return quoted(isolated(text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"))
