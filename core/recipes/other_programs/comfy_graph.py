"""The nodes of a ComfyUI graph and the values that flow from one to another, as far as the graph alone tells them.

A value that a node computes in a way that is not known here is `None`: never what some other node holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast

MOST_NODES = 2_000
LONGEST_TEXT = 20_000
_DEEPEST = 120

Link = tuple[str, int]
"""A node and the number of its output."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its class, and its inputs, each a value or a link."""

    kind: str
    inputs: Mapping[str, Any]

    def links(self) -> Iterator[tuple[str, Link]]:
        """The inputs that come from other nodes, by name."""
        for name in self.inputs:
            if (link := self.link(name)) is not None:
                yield name, link

    def link(self, *names: str) -> Link | None:
        """The first of these inputs that comes from another node."""
        for name in names:
            match self.inputs.get(name):
                case [str() | int() as source, int() as slot]:
                    return str(source), slot
                case _:
                    pass
        return None


# nodes that hold a value, or hand on the only one they get: by parts of their names, every collection has its own
_HOLDS = re.compile(
    r"primitive|constant|literal|multi-?line|preview(any|text)|show ?text|display ?(text|any)"
    r"|^(easy |cr |ttn |was )?(string|text|int|integer|float|number|boolean|positive|negative|prompt ?text|value"
    r"|prompt)\b|impact(int|float|string|boolean)|(text|prompt|string) ?(box|input|field)"
    r"|simple ?(string|text|number)",
    re.IGNORECASE,
)
_RANDOM = re.compile(r"random|wildcard|dynamic|llm|gpt|gemini|generat|caption|enhance|file|load", re.IGNORECASE)
_VALUES = (
    *("value", "Value", "string", "text", "Text", "prompt", "positive", "negative", "int", "Int", "integer"),
    *("float", "Float", "number", "Number", "boolean", "source", "anything"),
)
_JOINS = re.compile(r"concat|join|combine ?(text|string)|(text|string)s? ?combine", re.IGNORECASE)
_PARTS = re.compile(r"(string|text|prompt|str)s?[ _]?([a-z]|\d{1,2})", re.IGNORECASE)
_DELIMITERS = ("delimiter", "separator", "seperator", "linebreak")
_IS_SWITCH = re.compile(r"switch|if ?else|conditional ?branch", re.IGNORECASE)
_CHOICES = ("switch", "boolean", "cond", "condition", "select", "index", "Input", "input")
"""The inputs by which switches choose."""
_CHOSEN = ("on_true", "tt_value", "if_true", "true"), ("on_false", "ff_value", "if_false", "false")
_NUMBERED = re.compile(r"[a-z]+_?0?(\d{1,2})", re.IGNORECASE)


@dataclass(slots=True)
class Graph:
    """Walks a graph; each value is found once, circles and very long ways end with None."""

    nodes: Mapping[str, Node]
    _known: dict[tuple[str, str], object] = field(default_factory=dict[tuple[str, str], object])
    _depth: int = 0

    def once(self, what: str, node: str, find: Callable[[], object]) -> Any:
        """The result of ``find``, which may come back here; None in a circle."""
        key = (what, node)
        if key in self._known or self._depth > _DEEPEST:
            return self._known.get(key)
        self._known[key] = None
        self._depth += 1
        try:
            found = find()
        finally:
            self._depth -= 1
        if isinstance(found, str) and len(found) > LONGEST_TEXT:
            found = None
        self._known[key] = found
        return found

    def value(self, node: Node, *names: str) -> Any:
        """The text or number of the first of these inputs that the node has, None where it cannot be told."""
        for name in names:
            if name not in node.inputs:
                continue
            if (link := node.link(name)) is not None:
                return self._output(link)
            value = node.inputs[name]
            if isinstance(value, dict) and "content" in value:  # lists with previews of several collections
                value = cast("Mapping[str, object]", value)["content"]
            return value if isinstance(value, str | int | float) else None
        return None

    def through(self, node: Node) -> str | None:
        """The input that a switch or a reroute lets through; None for other nodes, or if that cannot be told."""
        links = sorted(name for name, _ in node.links())
        if "reroute" in node.kind.lower():
            return links[0] if len(links) == 1 else None
        if not _IS_SWITCH.search(node.kind):
            return None
        name = next((name for name in _CHOICES if name in node.inputs), None)
        if name is None:  # rgthree's takes the first that there is
            return links[0] if links and "any switch" in node.kind.lower() else None
        choice = self.value(node, name)
        if isinstance(choice, bool):
            return next((name for name in _CHOSEN[not choice] if name in node.inputs), None)
        fits = (key for key in node.inputs if (match := _NUMBERED.fullmatch(key)) and int(match[1]) == choice)
        return next(fits, None)

    def _output(self, link: Link) -> Any:
        node, slot = self.nodes.get(link[0]), link[1]
        return None if node is None else self.once(f"value {slot}", link[0], lambda: self._computed(node, slot))

    def _computed(self, node: Node, slot: int) -> Any:
        if (name := self.through(node)) is not None:
            return self.value(node, name)
        if (operation := _OPERATIONS.get(node.kind)) is not None:
            return operation(self, node)
        if _JOINS.search(node.kind):
            return self._joined(node)
        if "populated_text" in node.inputs:  # a wildcard that was drawn
            return self.value(node, "populated_text")
        if "seed" in node.kind.lower():
            return self.value(node, "seed", "noise_seed", "value")
        if "select" in node.kind.lower() and len(node.inputs) == 1:  # of names of files and samplers
            return self.value(node, *node.inputs)
        if not _HOLDS.search(node.kind) or _RANDOM.search(node.kind):
            return None
        names = [name for name in _VALUES if name in node.inputs]
        return self.value(node, *names) if slot == 0 or len(names) == 1 else None

    def _joined(self, node: Node) -> str | None:
        names = sorted((name for name in node.inputs if _PARTS.fullmatch(name)), key=_by_number)
        parts = [self.value(node, name) for name in names]
        delimiter = self.value(node, *_DELIMITERS)
        if not names or not all(isinstance(part, str) for part in parts):
            return None
        between = delimiter if isinstance(delimiter, str) else ""
        if "JoinString" not in node.kind and "StringConcatenate" not in node.kind:
            parts = [part for part in parts if part]
        return between.replace("\\n", "\n").join(parts)


def _by_number(name: str) -> tuple[str, int, str]:
    letters = name.rstrip("0123456789")
    return letters, int(name[len(letters) :] or 0), name


def _replaced(graph: Graph, node: Node) -> str | None:
    text = graph.value(node, "string", "text", "prompt")
    old, new = graph.value(node, "find", "find1", "old"), graph.value(node, "replace", "replace1", "new")
    if not isinstance(text, str) or not isinstance(old, str) or not isinstance(new, str):
        return None
    return text.replace(old, new) if old and len(new) * (text.count(old) + 1) <= LONGEST_TEXT else text


def _trimmed(graph: Graph, node: Node) -> str | None:
    text, mode = graph.value(node, "string", "text"), str(graph.value(node, "mode")).lower()
    if not isinstance(text, str):
        return None
    return text.lstrip() if mode == "left" else text.rstrip() if mode == "right" else text.strip()


def _cased(graph: Graph, node: Node) -> str | None:
    text, mode = graph.value(node, "string"), str(graph.value(node, "mode"))
    change = {
        "UPPERCASE": str.upper,
        "lowercase": str.lower,
        "Capitalize": str.capitalize,
        "Title Case": str.title,
    }
    return change[mode](text) if isinstance(text, str) and mode in change else None


def _part(graph: Graph, node: Node) -> str | None:
    text, start, end = (graph.value(node, name) for name in ("string", "start", "end"))
    is_told = isinstance(text, str) and isinstance(start, int) and isinstance(end, int)
    return text[start:end] if is_told else None


_OPERATIONS: Mapping[str, Callable[[Graph, Node], Any]] = MappingProxyType(
    {
        "StringReplace": _replaced,
        "Text Find and Replace": _replaced,
        "easy promptReplace": _replaced,
        "StringTrim": _trimmed,
        "CaseConverter": _cased,
        "StringSubstring": _part,
    }
)
