"""Finds what a model does not read of a prompt as it was meant: a cut end, and the syntax of other programs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.families import FAMILIES
from core.prompt.bidi import isolated
from core.prompt.tokens import TokenCounter

_LONGEST_QUOTE = 60
_INSIDE = r"(?:[^()\\]|\\.|\([^()\\]{0,100}\)){1,200}?"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"

_BRACKETS = (
    ("weight", rf"(?<!\\)\({_INSIDE}:\s*{_NUMBER}\s*\)"),  # AUTOMATIC1111, ComfyUI
    ("weight", r"(?<!\\)\({2,20}[^()\\]{1,200}\){2,20}|(?<!\\)\[[^\[\]|:\\]{1,200}\]"),
    ("weight", r"(?<!\\)\([^()\\]{1,200}\)(?:[+-]+|\d?\.\d+)|\b[^\W\d]{2,}\+{1,5}(?=[\s,.]|$)"),  # InvokeAI
    ("weight", rf"{_NUMBER}::[^:]{{1,200}}::|(?<!\\)\{{[^{{}}|\n\\]{{1,200}}\}}"),  # NovelAI
    ("switch between words", r"(?<!\\)\[[^\[\]\\]{0,100}[|:][^\[\]\\]{0,100}\]"),
    ("break", r"\b(?:BREAK|AND)\b"),
    ("escaped bracket", r"\\[()\[\]{}]"),
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
_SYNTAX = tuple(
    (kind, re.compile(pattern), table is _BRACKETS) for table in (_TAGS, _BRACKETS) for kind, pattern in table
)


def cut_end(noun: str, text: str, counter: TokenCounter) -> str:
    """Returns a sentence about the end of a prompt that does not fit, "" for none."""
    count = counter.count(text)
    if not count.is_cut:
        return ""
    cut = text[count.read_characters :].strip(" ,")
    return (
        f"the {noun} has {count.tokens} tokens and the model reads {counter.max_tokens}: {_quoted(cut)} is ignored"
    )


def plain_words(text: str, family: str) -> str:
    """Names the syntax of other programs that is read as plain words, one example of each kind; "" for none.

    In a prompt for a language model brackets are what they are everywhere else.
    """
    is_conversation = FAMILIES[family].tokenizer.frame is not None if family in FAMILIES else False
    found: dict[str, str] = {}
    for kind, pattern, is_bracket in _SYNTAX:
        if not (is_conversation and is_bracket) and (match := pattern.search(text)):
            found.setdefault(kind, _quoted(match[0]))
    return ", ".join(f"{quoted} ({kind})" for kind, quoted in found.items())


def unread(noun: str, text: str, family: str, counter: TokenCounter | None) -> Iterator[str]:
    """Sentences about a prompt, which ``noun`` names; without a counter nothing is told about its length."""
    if counter is not None and (cut := cut_end(noun, text, counter)):
        yield cut
    if plain := plain_words(text, family):
        yield f"in the {noun}, syntax of other programs is read as plain words: {plain}"


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    return f"“{isolated(text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + '…')}”"
