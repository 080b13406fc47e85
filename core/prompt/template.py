"""Templates: prompts with parts that are drawn, as the Dynamic Prompts of AUTOMATIC1111's program writes them.

``{a|b}`` is a or b, ``{0.7::a|b}`` with weights, ``{2$$a|b|c}`` two of them, ``{1-2$$ and $$a|b}`` one or two
with " and " between them; ``__name__`` is a value of a wildcard; ``${x={a|b}}`` gives a part a name and ``${x}``
repeats it, drawn anew each time, or once after ``${x=!{a|b}}``. They nest. ``\\{`` is a brace of the text
(``dynamicprompts/parser/parse.py`` there).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

LONGEST_NAME = 200
_MARK = re.compile(
    r"\\(?P<escaped>__|.?)"
    rf"|__[~!@]?(?P<wildcard>(?!\s)(?:(?!__)[^${{}}|#()\n]){{1,{LONGEST_NAME}}}(?<!\s))"
    r"(?:\((?P<given>[^()\n]{1,1000})\))?__"
    r"|\$\{\s*(?P<name>[A-Za-z_-][\w-]*)\s*(?P<kind>\??=!?|:|(?=\}))"
    r"|(?P<sign>[{}|])",
    re.DOTALL,
)
_BOUNDS = re.compile(r"\s*[~!@]?\s*(?:(?:(\d{1,6})|(\d{0,6})-(\d{0,6}))\$\$(?:([^${}]*)\$\$)?)?")
_LEAD = re.compile(r"\s*(?:(\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})::)?")
_ESCAPED = frozenset({"{", "}", "|", "$", "__"})
MOST_OPTIONS = 999_999
SEPARATOR = ", "


@dataclass(frozen=True, slots=True)
class Option:
    """One of the parts that a choice is between."""

    weight: float
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """``{a|b}``: ``least`` to ``most`` of the options, each at most once."""

    options: tuple[Option, ...]
    least: int = 1
    most: int = 1
    separator: str = SEPARATOR


@dataclass(frozen=True, slots=True)
class Wildcard:
    """``__name__``, or ``__name(x=red)__``, which sets a variable for what is drawn."""

    name: str
    given: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """``${name=...}``, which is no text itself.

    Attributes:
        is_drawn_once: ``=!``. keeps: ``?=`` leaves a variable alone that is there.
    """

    name: str
    nodes: tuple[Node, ...]
    is_drawn_once: bool
    keeps: bool


@dataclass(frozen=True, slots=True)
class Access:
    """``${name}`` or ``${name:default}``."""

    name: str
    default: tuple[Node, ...] | None


Node = str | Choice | Wildcard | Assignment | Access


@dataclass(slots=True)
class _Open:
    """A brace that is still open, and its options so far.

    Attributes:
        lead: its text up to the first option. variable: the beginning of an assignment or an access, else None.
        leads: of each option the blanks and the weight that are no part of it.
    """

    lead: str
    bounds: tuple[int, int, str] = (1, 1, SEPARATOR)
    variable: re.Match[str] | None = None
    leads: list[str] = field(default_factory=list[str])
    weights: list[float] = field(default_factory=list[float])
    parts: list[list[Node]] = field(default_factory=list[list[Node]])

    def begin_option(self, text: str, place: int) -> int:
        """Begins another option at a place of the text; returns the place behind its weight."""
        lead = _LEAD.match(text, place)
        assert lead is not None  # it may be empty
        self.leads.append(lead[0])
        self.weights.append(float(lead[1] or 1))
        self.parts.append([])
        return lead.end()

    @property
    def is_text(self) -> bool:
        """True for ``{house}``, with which NovelAI weighs words: there is nothing to draw."""
        is_plain = len(self.parts) == 1 and all(isinstance(node, str) for node in self.parts[0])
        return is_plain and self.lead.strip() == "{" and not self.leads[0].strip()

    def closed(self) -> Node:
        if self.variable is None:
            options = zip(self.weights, self.parts, strict=True)
            return Choice(tuple(Option(weight, tuple(nodes)) for weight, nodes in options), *self.bounds)
        name, kind, nodes = self.variable["name"], self.variable["kind"], tuple(self.parts[0])
        if "=" in kind:
            return Assignment(name, nodes, is_drawn_once="!" in kind, keeps="?" in kind)
        return Access(name, nodes if kind else None)

    def as_text(self) -> Iterator[Node]:
        """Yields what the brace is when nothing closes it."""
        yield self.lead
        for number, (lead, nodes) in enumerate(zip(self.leads, self.parts, strict=True)):
            yield f"|{lead}" if number else lead
            yield from nodes


@lru_cache(maxsize=32)
def parsed(text: str) -> tuple[Node, ...]:
    """Reads a template; a brace without a partner is text. No recursion: braces may be as deep as it is long."""
    root: list[Node] = []
    stack: list[_Open] = []
    place = 0
    while (match := _MARK.search(text, place)) is not None:
        inner = stack[-1].parts[-1] if stack else root
        if match.start() > place:
            inner.append(text[place : match.start()])
        place, sign = match.end(), match["sign"]
        if match["escaped"] is not None:
            inner.append(match["escaped"] if match["escaped"] in _ESCAPED else match[0])
        elif match["wildcard"] is not None:
            inner.append(Wildcard(match["wildcard"], _given(match["given"] or "")))
        elif match["name"] is not None:
            stack.append(_Open(match[0], variable=match))
            stack[-1].leads, stack[-1].weights, stack[-1].parts = [""], [1.0], [[]]
        elif sign == "{":
            bounds = _BOUNDS.match(text, place)
            assert bounds is not None  # it may be empty
            stack.append(_Open(text[match.start() : bounds.end()], _bounds(bounds)))
            place = stack[-1].begin_option(text, bounds.end())
        elif sign == "|" and stack and stack[-1].variable is None:
            place = stack[-1].begin_option(text, place)
        elif sign == "}" and stack:
            brace = stack.pop()
            outer = stack[-1].parts[-1] if stack else root
            if brace.is_text:
                outer += brace.as_text()
                outer.append("}")
            else:
                outer.append(brace.closed())
        else:
            inner.append(match[0])
    if place < len(text):
        (stack[-1].parts[-1] if stack else root).append(text[place:])
    for brace in stack:
        root += brace.as_text()
    return tuple(root)


def has_choices(text: str) -> bool:
    """Returns True if something in a text would be drawn, or an escape be read."""
    return any(mark in text for mark in "{_\\") and parsed_text(text) != text


def parsed_text(text: str) -> str | None:
    """Returns the one text that a template is, None where there is something to draw."""
    nodes = parsed(text)
    return "".join(map(str, nodes)) if all(isinstance(node, str) for node in nodes) else None


def _bounds(match: re.Match[str]) -> tuple[int, int, str]:
    exact, least, most, separator = match.groups()
    if exact is not None:
        return int(exact), int(exact), SEPARATOR if separator is None else separator
    if most is None:
        return 1, 1, SEPARATOR
    return int(least or 1), int(most or MOST_OPTIONS), SEPARATOR if separator is None else separator


def _given(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (pair.partition("=") for pair in text.split(","))
    return tuple((name.strip(), value.strip()) for name, _, value in pairs if name.strip())
