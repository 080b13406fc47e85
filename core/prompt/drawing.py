"""Draws what stands in a template: by the seed of a picture, or one combination after the other.

The n-th number (from 0) that a picture with the seed s draws for its prompt is made of the first 53 bits of the
SHA-256 of the text ``s/prompt/n``, divided by 2^53; for its negative prompt of ``s/negative_prompt/n``. So it is
the same on every computer, and neither prompt changes what the other one draws. Prompts of a second pass are drawn
as ``hires_prompt`` and ``hires_negative_prompt``; their templates are not kept.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import accumulate
from typing import Protocol

from core.errors import InvalidRequest, WildcardUnusable
from core.language.words import tr
from core.prompt.template import Access, Assignment, Choice, Node, Wildcard, has_choices, parsed
from core.request.request import GenerationRequest
from core.wildcards.file import Values

DEEPEST = 60
MOST_DRAWN = 20_000
LONGEST = 100_000
_MOST_WEIGHED = 2_000_000
_MOST_ALIKE = 50
_AT_MOST = tr("at most {most} characters", most=LONGEST)

ValuesOf = Callable[[str], Values]
"""Returns the values of a wildcard by its name. Raises WildcardMissing or WildcardUnusable."""


class Decisions(Protocol):
    """Decides what is drawn."""

    def number(self, least: int, most: int) -> int:
        """Returns a number between these two, both included."""
        ...

    def pick(self, options: Values | Sequence[float], count: int) -> list[int]:
        """Returns the places of so many values or weights, each at most once, and none that weighs nothing."""
        ...


class SeededDecisions:
    """The decisions of a picture's seed for one of its prompts."""

    def __init__(self, seed: int, prompt: str) -> None:
        self._key = f"{seed}/{prompt}/"
        self._drawn = 0

    def number(self, least: int, most: int) -> int:
        return least if least == most else least + int(self._next() * (most - least + 1))

    def pick(self, options: Values | Sequence[float], count: int) -> list[int]:
        if isinstance(options, Values):
            if options.sums is None:
                return self._evenly(len(options.texts), count)
            if count == 1 and options.sums[-1]:
                return [self._place(options.sums)]
        weights = [*(options.weights if isinstance(options, Values) else options)]
        if len(set(weights)) == 1 and any(weights):
            return self._evenly(len(weights), count)
        if len(weights) * count > _MOST_WEIGHED:
            told = tr("{count} of {options} parts with weights", count=count, options=len(weights))
            raise InvalidRequest("prompt", told, tr("fewer"))
        picked: list[int] = []
        while len(picked) < count and any(weights):
            picked.append(self._place([*accumulate(weights)]))
            weights[picked[-1]] = 0.0
        return picked

    def _place(self, sums: Sequence[float]) -> int:
        return bisect_right(sums, self._next() * sums[-1])

    def _evenly(self, options: int, count: int) -> list[int]:
        """Draws without putting back (Fisher and Yates), in time for those drawn only."""
        moved: dict[int, int] = {}
        picked: list[int] = []
        for place in range(count):
            other = self.number(place, options - 1)
            picked.append(moved.get(other, other))
            moved[other] = moved.get(place, place)
        return picked

    def _next(self) -> float:
        digest = hashlib.sha256(f"{self._key}{self._drawn}".encode()).digest()
        self._drawn += 1
        return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


class _EveryDecision:
    """All decisions, one way after the other: an odometer whose wheels are the decisions of one way."""

    def __init__(self) -> None:
        self._wheels: list[int] = []
        self._sizes: list[int] = []
        self._place = 0

    def number(self, least: int, most: int) -> int:
        return least + self._next(most - least + 1)

    def pick(self, options: Values | Sequence[float], count: int) -> list[int]:
        """Sets rather than sequences: of a and b both are picked once, in this order."""
        weights = options.weights if isinstance(options, Values) and options.sums is not None else options
        if isinstance(weights, Values):
            places: Sequence[int] = range(len(weights.texts))
        else:
            places = [place for place, weight in enumerate(weights) if weight]
        count = min(count, len(places))
        picked: list[int] = []
        first = 0
        for left in range(count, 0, -1):
            first += self._next(len(places) - first - left + 1)
            picked.append(places[first])
            first += 1
        return picked

    def advance(self) -> bool:
        """Turns to the next way; False after the last one."""
        while self._wheels and self._wheels[-1] + 1 >= self._sizes[-1]:
            self._wheels.pop()
            self._sizes.pop()
        self._place = 0
        if not self._wheels:
            return False
        self._wheels[-1] += 1
        return True

    def _next(self, size: int) -> int:
        if self._place == len(self._wheels):
            self._wheels.append(0)
            self._sizes.append(size)
        self._place += 1
        return self._wheels[self._place - 1]


class _Drawing:
    """One way through a template."""

    def __init__(self, decisions: Decisions, values_of: ValuesOf) -> None:
        self._decisions = decisions
        self._values_of = values_of
        self._variables: dict[str, tuple[Node, ...]] = {}
        self._inside: list[str] = []
        self._drawn = 0

    def text(self, nodes: Sequence[Node], depth: int = 0) -> str:
        if depth > DEEPEST:
            told = tr("parts that are drawn inside one another")
            raise InvalidRequest("prompt", told, tr("at most {most} deep", most=DEEPEST))
        text = "".join(node if isinstance(node, str) else self._of(node, depth + 1) for node in nodes)
        if len(text) > LONGEST:
            raise InvalidRequest("prompt", tr("a prompt that is drawn"), _AT_MOST)
        return text

    def _of(self, node: Choice | Wildcard | Assignment | Access, depth: int) -> str:
        self._drawn += 1
        if self._drawn > MOST_DRAWN:
            told = tr("a prompt of so many parts that are drawn")
            raise InvalidRequest("prompt", told, tr("at most {most}", most=MOST_DRAWN))
        match node:
            case Choice():
                return self._choice(node, depth)
            case Wildcard():
                return self._values(node, (1, 1, ""), depth)
            case Assignment(name=name):
                if not node.keeps or name not in self._variables:
                    self._variables[name] = (self.text(node.nodes, depth),) if node.is_drawn_once else node.nodes
                return ""
            case Access(name=name):
                nodes = self._variables.get(name, node.default)
                if nodes is None:
                    example = f"${{{name}=!{{red|blue}}}}"
                    raise InvalidRequest(
                        "prompt", f"${{{name}}}", tr("set before, as in {example}", example=example)
                    )
                return self.text(nodes, depth)

    def _choice(self, choice: Choice, depth: int) -> str:
        bounds = choice.least, choice.most, choice.separator
        if len(choice.options) == 1:
            match choice.options[0].nodes:
                case (Wildcard() as wildcard,):
                    return self._values(wildcard, bounds, depth)
                case _:
                    pass
        weights = [option.weight for option in choice.options]
        picked = self._decisions.pick(weights, self._number(bounds, len(weights)))
        return choice.separator.join(self.text(choice.options[place].nodes, depth) for place in picked)

    def _values(self, wildcard: Wildcard, bounds: tuple[int, int, str], depth: int) -> str:
        if wildcard.name in self._inside:
            way = " > ".join((*self._inside, wildcard.name))
            raise WildcardUnusable(wildcard.name, tr("it contains itself: {way}", way=way))
        values = self._values_of(wildcard.name)
        if not values.texts:
            raise WildcardUnusable(wildcard.name, tr("it has no values"))
        before = self._variables
        self._variables = {**before, **{name: (value,) for name, value in wildcard.given}}
        self._inside.append(wildcard.name)
        picked = self._decisions.pick(values, self._number(bounds, len(values.texts)))
        text = bounds[2].join(self.text(parsed(values.texts[place]), depth) for place in picked)
        self._inside.pop()
        self._variables = before if wildcard.given else self._variables
        return text

    def _number(self, bounds: tuple[int, int, str], there: int) -> int:
        least, most = min(bounds[:2]), max(bounds[:2])
        return self._decisions.number(min(least, there), min(most, there))


def draw(template: str, seed: int, values_of: ValuesOf, prompt: str = "prompt") -> str:
    """Returns a template as a picture of this seed has it; ``prompt`` is the name of its field in a request.

    Raises InvalidRequest, WildcardMissing and WildcardUnusable.
    """
    return _Drawing(SeededDecisions(seed, prompt), values_of).text(_nodes(template))


def has_template(request: GenerationRequest) -> bool:
    """Returns True if something in the request's prompts is to be drawn."""
    prompts = (one for each in (request, request.in_second_pass) for one in (each.prompt, each.negative_prompt))
    return request.variants and any(map(has_choices, prompts))


def drawn(request: GenerationRequest, values_of: ValuesOf) -> GenerationRequest:
    """Returns the request of one picture with its prompts as its seed draws them, and their templates beside them.

    Raises what `draw` raises.
    """
    if not has_template(request):
        return replace(request, variants=False) if request.variants else request
    names, seed, hires = ("prompt", "negative_prompt"), request.seed or 0, request.hires
    texts = {name: draw(getattr(request, name), seed, values_of, name) for name in names}
    if hires is not None:
        own = {name: draw(getattr(hires, name), seed, values_of, f"hires_{name}") for name in names}
        request = replace(request, hires=replace(hires, **own))
    return settled(request, texts["prompt"], texts["negative_prompt"])


def settled(request: GenerationRequest, prompt: str, negative_prompt: str) -> GenerationRequest:
    """Returns the request with these prompts, of which nothing is drawn any more; its own are their templates."""
    return replace(
        request,
        prompt=prompt,
        negative_prompt=negative_prompt,
        variants=False,
        template=request.prompt if prompt != request.prompt else "",
        negative_template=request.negative_prompt if negative_prompt != request.negative_prompt else "",
    )


def combinations(prompt: str, negative_prompt: str, values_of: ValuesOf, most: int) -> Iterator[tuple[str, str]]:
    """Yields different prompts with their negative prompts in the order of the options, at most so many.

    Weights do not count, but for an option that weighs nothing; of ``{2$$a|b}`` there is one. Where very many ways
    give the same prompt, the rest is not looked for. Raises what `draw` raises.
    """
    templates = _nodes(prompt), _nodes(negative_prompt)
    decisions, remembered = _EveryDecision(), cache(values_of)
    seen: set[tuple[str, str]] = set()
    has_more, ways = True, 0
    while has_more and len(seen) < most and ways < most * _MOST_ALIKE:
        ways += 1
        first, second = (_Drawing(decisions, remembered).text(template) for template in templates)
        if (first, second) not in seen:
            seen.add((first, second))
            yield first, second
        has_more = decisions.advance()


def _nodes(template: str) -> tuple[Node, ...]:
    if len(template) > LONGEST:
        raise InvalidRequest("prompt", tr("a template that is so long"), _AT_MOST)
    return parsed(template)
