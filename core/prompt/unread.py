"""Finds what a model does not read of a prompt as it was meant: a cut end, and the syntax of other programs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.prompt.tokens import TokenCounter

_LONGEST_QUOTE = 60
_SYNTAX = (
    ("a weight", re.compile(r"\([^()\n]{1,200}:\s?-?\d*\.?\d+\)")),
    ("a weight", re.compile(r"\({2,}[^()\n]{1,200}\){2,}|(?<!\\)\[[^\[\]\n|:]{1,200}\]")),
    ("a switch between words", re.compile(r"\[[^\[\]\n]{0,100}[|:][^\[\]\n]{0,100}\]")),
    ("a parting of the prompt", re.compile(r"\b(?:BREAK|AND)\b")),
    ("a LoRA's tag", re.compile(r"<(?:lora|lyco|hypernet):[^<>\n]{1,200}>")),
    ("an embedding", re.compile(r"\bembedding:[^\s,()]{1,100}")),
    ("a wildcard", re.compile(r"\b__[\w/*-]{1,100}__|\{[^{}\n]{1,200}\|[^{}\n]{1,200}\}")),
)


def unread(noun: str, text: str, counter: TokenCounter | None) -> Iterator[str]:
    """Sentences about a prompt, which ``noun`` names; without a counter nothing is told about its length."""
    if counter is not None:
        count = counter.count(text)
        if count.tokens > counter.max_tokens:
            cut = _quoted(text[count.read_characters :].strip(" ,"))
            length = f"{count.tokens} tokens and the model reads {counter.max_tokens}"
            yield f"the {noun} has {length}: {cut} is ignored"
    for kind, syntax in _SYNTAX:
        if found := syntax.search(text):
            yield f"in the {noun}, {_quoted(found[0])} is {kind} in other programs; here it is read as plain words"


def _quoted(text: str) -> str:
    return f"“{text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + '…'}”"
