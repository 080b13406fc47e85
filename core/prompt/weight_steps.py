"""Changes the weight of a part of a prompt by one step, as Ctrl+Up and Ctrl+Down do in AUTOMATIC1111's program.

The steps and the way brackets come and go are those of its ``javascript/edit-attention.js``.
"""

from __future__ import annotations

import re

from core.request.settings.loras import tag_places

STEP, STEP_OF_LORA = 0.1, 0.05

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"
_CLOSING = re.compile(rf"(?::\s*({_NUMBER})\s*)?\)")
_LAST_NUMBER = re.compile(rf":\s*({_NUMBER})\s*>")
_BETWEEN_WORDS = re.compile(r"[\s.,/!?%^*;:{}=`~()\[\]<>|\\]")


def stepped(text: str, start: int, end: int, direction: int) -> tuple[str, int, int]:
    """Returns the text with another weight for these characters, and where they are then.

    Without a selection (``start == end``) it is the weight of the bracket around the cursor, or else of the word
    there. ``direction`` is 1 or -1.
    """
    tag = next((place for place in tag_places(text) if place[0] <= start and end <= place[1]), None)
    if tag is not None and (number := _LAST_NUMBER.search(text, *tag)) is not None:
        weight = _added(float(number[1]), direction * STEP_OF_LORA)
        return text[: number.start(1)] + weight + text[number.end(1) :], start, start
    if start == end:
        start, end = _content_around(text, start) or _word_at(text, start)
    end = start + len(text[start:end].rstrip())
    start = end - len(text[start:end].lstrip())
    if start == end:
        return text, start, end
    before, content, behind = text[:start], text[start:end], text[end:]
    weight = 1.0
    closing = _CLOSING.match(behind)
    if closing is not None and _opens(before, "("):
        weight = float(closing[1] or "1.1")
        before, behind = before[:-1], behind[closing.end() :]
    elif behind.startswith("]") and _opens(before, "["):
        weight = 0.9
        before, behind = before[:-1], behind[1:]
    told = _added(weight, direction * STEP)
    opening, closed = ("", "") if float(told) == 1.0 else ("(", f":{told})")
    start = len(before) + len(opening)
    return f"{before}{opening}{content}{closed}{behind}", start, start + len(content)


def _added(weight: float, step: float) -> str:
    """Returns a sum without the dust of floating point, and with a point in it."""
    return repr(float(f"{weight + step:.12g}"))


def _opens(before: str, kind: str) -> bool:
    return before.endswith(kind) and not before.endswith(f"\\{kind}")


def _content_around(text: str, cursor: int) -> tuple[int, int] | None:
    """Returns the content of the innermost bracket with a weight around the cursor, without its number."""
    opened: list[int] = []
    for mark in re.finditer(r"\\.|[()]", text):
        if mark[0] == "(":
            opened.append(mark.end())
        elif mark[0] == ")" and opened:
            start = opened.pop()
            if start <= cursor <= mark.start():
                content = text[start : mark.start()]
                number = re.search(rf":\s*{_NUMBER}\s*$", content)
                return start, start + (number.start() if number is not None else len(content))
    return None


def _word_at(text: str, cursor: int) -> tuple[int, int]:
    start = end = cursor
    while start and not _BETWEEN_WORDS.match(text[start - 1]):
        start -= 1
    while end < len(text) and not _BETWEEN_WORDS.match(text[end]):
        end += 1
    return start, end
