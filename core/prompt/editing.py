"""Prompts whose text changes while a picture develops, as AUTOMATIC1111's program reads them.

``[a:b:0.4]`` is a and from 0.4 of the calls on b, ``[a:b:12]`` from the 12th on; ``[b:12]`` and ``[a::12]`` leave
one of them out; ``[a|b]`` changes with every call. They nest (``modules/prompt_parser.py`` of that program, a
grammar there). A text of another form, such as one with a ``|`` outside of such a bracket, is as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.prompt.placed import PlacedText

_MARK = re.compile(r"\\.?|[\[\]():|]")
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*")
_PARTNER = {")": "(", "]": "["}


@dataclass(frozen=True, slots=True)
class Switch:
    """``[before:after:when]``; ``when`` as it is written."""

    before: tuple[Node, ...]
    after: tuple[Node, ...]
    when: str

    def last_call(self, calls: int) -> int:
        """Returns the number of the last call (from 1) of a run of so many that ``before`` is for."""
        number = float(self.when) * (calls if "." in self.when else 1)
        return int(max(min(number, calls), -1.0))


@dataclass(frozen=True, slots=True)
class Alternation:
    """``[a|b|c]``."""

    options: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A bracket with a weight: text, and what nests in it."""

    nodes: tuple[Node, ...]


Span = tuple[int, int]
Node = Span | Switch | Alternation | Group
"""A span is a range of characters of the text."""


@dataclass(slots=True)
class _Open:
    """A bracket that is still open: what stands in it so far, divided at its separators."""

    start: int
    kind: str
    parts: list[list[Node]] = field(default_factory=lambda: [[]])
    separators: list[int] = field(default_factory=list[int])


@dataclass(frozen=True, slots=True)
class EditedText:
    """A text with its switches and alternations."""

    content: PlacedText
    nodes: tuple[Node, ...]

    @property
    def is_constant(self) -> bool:
        return all(isinstance(node, tuple | Group) for node in self._all_nodes())

    def ends(self, calls: int) -> tuple[int, ...]:
        """Returns the numbers (from 1, rising) of the calls after which another text may follow."""
        found = {calls}
        for node in self._all_nodes():
            if isinstance(node, Alternation):
                found.update(range(1, calls + 1))
            elif isinstance(node, Switch) and (last := node.last_call(calls)) >= 1:
                found.add(last)
        return tuple(sorted(found))

    def at(self, call: int, calls: int) -> PlacedText:
        """Returns the text of a call (from 1) of a run of so many."""
        pieces: list[PlacedText] = []
        waiting: list[Node] = list(reversed(self.nodes))
        while waiting:
            node = waiting.pop()
            match node:
                case Switch():
                    waiting += reversed(node.before if call <= node.last_call(calls) else node.after)
                case Alternation():
                    waiting += reversed(node.options[(call - 1) % len(node.options)])
                case Group():
                    waiting += reversed(node.nodes)
                case _:
                    pieces.append(self.content.cut(*node))
        return PlacedText.joined(pieces)

    def _all_nodes(self) -> Iterator[Node]:
        waiting: list[Node] = list(self.nodes)
        while waiting:
            node = waiting.pop()
            yield node
            match node:
                case Switch():
                    waiting += (*node.before, *node.after)
                case Alternation():
                    waiting += (inner for option in node.options for inner in option)
                case Group():
                    waiting += node.nodes
                case _:
                    pass


def edited(content: PlacedText) -> EditedText:
    """Reads a text; no recursion, so brackets may be as deep as it is long."""
    nodes = _nodes(content.text)
    return EditedText(content, tuple(nodes) if nodes is not None else ((0, len(content.text)),))


def _nodes(text: str) -> list[Node] | None:
    """Returns the parts of a text, None for one that is not of this form."""
    root, stack = _Open(0, ""), list[_Open]()
    place = 0
    for match in _MARK.finditer(text):
        mark, start, end = match[0], match.start(), match.end()
        inner = stack[-1] if stack else root
        if start > place:
            inner.parts[-1].append((place, start))
        place = end
        if mark == "\\":
            return None  # at the end of a line or of the text
        if mark in ("(", "["):
            stack.append(_Open(start, mark))
        elif mark in (":", "|") and stack:
            inner.separators.append(start)
            inner.parts.append([])
        elif mark == "|":
            return None
        elif mark in _PARTNER and stack:
            built = _closed(text, stack[-1], start) if stack[-1].kind == _PARTNER[mark] else None
            if built is not None:
                stack.pop()
                (stack[-1] if stack else root).parts[-1] += built
                continue
            if not _dissolve(text, root, stack):
                return None
            root.parts[-1].append((start, end))
        else:
            inner.parts[-1].append((start, end))
    if place < len(text):
        (stack[-1] if stack else root).parts[-1].append((place, len(text)))
    return root.parts[0] if _dissolve(text, root, stack) else None


def _closed(text: str, bracket: _Open, end: int) -> list[Node] | None:
    """Returns the nodes that a bracket with its partner stands for, None where it can only be text."""
    separators = "".join(text[place] for place in bracket.separators)
    if separators == "" or (separators == ":" and bracket.kind == "("):
        return [Group((*_as_text(bracket), (end, end + 1)))]
    if bracket.kind == "(":
        return None
    if not separators.strip("|"):
        return [Alternation(tuple(map(tuple, bracket.parts)))]
    if separators not in (":", "::"):
        return None
    number = _NUMBER.fullmatch(text, bracket.separators[-1] + 1, end)
    if number is None:
        return None
    before = bracket.parts[0] if len(separators) == 2 else []
    return [Switch(tuple(before), tuple(bracket.parts[-2]), number[1])]


def _as_text(bracket: _Open) -> Iterator[Node]:
    yield bracket.start, bracket.start + 1
    yield from bracket.parts[0]
    for place, part in zip(bracket.separators, bracket.parts[1:], strict=True):
        yield place, place + 1
        yield from part


def _dissolve(text: str, root: _Open, stack: list[_Open]) -> bool:
    """Makes all brackets that are open text; False where a ``|`` would be left outside of any."""
    for bracket in stack:
        if any(text[place] == "|" for place in bracket.separators):
            return False
        root.parts[-1] += _as_text(bracket)
    stack.clear()
    return True
