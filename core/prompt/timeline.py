"""The texts of a run: which of them acts at which call of the network.

AUTOMATIC1111's program says of a text up to which step it acts, and compares that with its own calls counted from
0; so the first text of a prompt lives one call longer than the number in it, and where a step takes two calls,
calls are counted (``reconstruct_cond_batch`` and ``total_steps`` there).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from core.errors import InvalidRequest
from core.families import FAMILIES
from core.language.words import tr
from core.prompt.editing import edited
from core.prompt.parts import Part, composed, parts_of
from core.prompt.placed import PlacedText
from core.request.control import Control
from core.request.request import GenerationRequest
from core.request.samplers import SAMPLERS
from core.request.settings.emphasis import PLAIN
from core.request.settings.loras import tag_places

_NOTHING = PlacedText("", ())
_GLIMPSED_CALLS = 20
MOST_TEXTS = 100
"""Each is encoded, and stays in memory until the run ends."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The texts of one call or more: the parts of the prompt, and the negative prompt."""

    parts: tuple[Part, ...]
    negative: PlacedText

    @property
    def texts(self) -> tuple[tuple[tuple[str, float], ...], str]:
        """Returns all that is read, without its places in the prompt."""
        return tuple((part.content.text, part.weight) for part in self.parts), self.negative.text


@dataclass(frozen=True, slots=True)
class Timeline:
    """The texts of a run.

    Attributes:
        moments: different ones.
        requests: for each of them one with its texts as prompts.
        order: the number of the moment for each call, counted as `first_call` counts.
    """

    moments: tuple[Moment, ...]
    requests: tuple[GenerationRequest, ...]
    order: tuple[int, ...] = (0,)

    @property
    def is_constant(self) -> bool:
        return len(self.moments) == 1

    def at(self, call: int) -> int:
        """Returns the number of the moment at a call; the last one stays."""
        return self.order[min(call, len(self.order) - 1)]


def timeline(request: GenerationRequest) -> Timeline:
    """Reads the request's prompts with all that changes in them. Raises InvalidRequest for too many texts."""
    calls = request.steps * SAMPLERS[request.sampler].calls_per_step
    moments, order = moments_of(PlacedText.whole(request.prompt), PlacedText.whole(request.negative_prompt), calls)
    if len(moments) == 1 and order == (0,):
        return Timeline(moments, (request,))
    requests = tuple(
        replace(request, prompt=composed(moment.texts[0]), negative_prompt=moment.texts[1]) for moment in moments
    )
    return Timeline(moments, requests, order)


def moments_of(
    prompt: PlacedText, negative_prompt: PlacedText, calls: int, most: int | None = None
) -> tuple[tuple[Moment, ...], tuple[int, ...]]:
    """Returns the texts of a run of so many calls, and which of them each call has, see `Timeline`.

    ``most`` is for those who only want to see some texts, the first ones and the last. Raises InvalidRequest for
    too many texts.
    """
    parts = [(edited(part.content), part.weight) for part in parts_of(prompt)]
    negative = edited(negative_prompt)
    texts = [*(text for text, _ in parts), negative]
    if all(text.is_constant for text in texts):
        return (Moment(tuple(Part(text.content, weight) for text, weight in parts), negative.content),), (0,)
    moments: list[Moment] = []
    known: dict[object, int] = {}
    order: list[int] = []
    ends = sorted({end for text in texts for end in text.ends(calls)})
    for end in ends if most is None else dict.fromkeys((*ends[:most], *ends[-2:])):
        moment = Moment(
            tuple(Part(text.at(end, calls), weight) for text, weight in parts), negative.at(end, calls)
        )
        number = known.setdefault(moment.texts, len(moments))
        if number == len(moments):
            moments.append(moment)
        if len(moments) > MOST_TEXTS:
            raise InvalidRequest(
                "prompt",
                tr("more than {most_texts} texts by turns", most_texts=MOST_TEXTS),
                tr("at most {most_texts}", most_texts=MOST_TEXTS),
            )
        order += [number] * (end + 1 - len(order))
    return tuple(moments), tuple(order)


@lru_cache(maxsize=4)
def glimpse(prompt: str, *, is_negative: bool = False) -> tuple[Moment, ...]:
    """Returns some texts of a prompt, without the tags of LoRAs, in the moment that a field has for it.

    One that no run would read is one text.
    """
    content = PlacedText.whole(prompt)
    if not is_negative:
        content = content.without(tag_places(prompt))
    pair = (_NOTHING, content) if is_negative else (content, _NOTHING)
    try:
        return moments_of(*pair, _GLIMPSED_CALLS, most=4)[0]
    except InvalidRequest:  # the run says what is wrong with it
        return (Moment((), content),)


def timeline_of(request: GenerationRequest, family: str) -> Timeline:
    """Returns the timeline for a model of this family; of those without weights it has one moment."""
    if family in FAMILIES and FAMILIES[family].has_weights and request.emphasis != PLAIN:
        return timeline(request)
    whole, negative = PlacedText.whole(request.prompt), PlacedText.whole(request.negative_prompt)
    return Timeline((Moment((Part(whole),), negative),), (request,))


def first_call(request: GenerationRequest, skipped_steps: int) -> int:
    """Returns the number of a run's first call, by which texts are chosen.

    A run from a picture counts from 0, though it leaves steps out, as in AUTOMATIC1111's program; one that begins
    at a step of another run goes on counting.
    """
    return max(0, skipped_steps - left_out(request)) * SAMPLERS[request.sampler].calls_per_step


def left_out(request: GenerationRequest) -> int:
    """Returns how many steps a run from a picture leaves out at its start."""
    return 0 if request.source is None else request.steps - request.source.steps_of(request.steps)


def acting_controls(request: GenerationRequest, skipped_steps: int) -> tuple[tuple[Control, ...], ...]:
    """Returns the controls that act in each call, counted as `first_call` counts."""
    return _acting(request, request.sampler, request.steps - skipped_steps, first_call(request, skipped_steps))


def acting_in_second_pass(request: GenerationRequest) -> tuple[tuple[Control, ...], ...]:
    """Returns the controls that act in each call of a second pass, which begins and ends by itself."""
    assert request.hires is not None
    return _acting(request, request.in_second_pass.sampler, request.hires.steps_after(request.steps), 0)


def _acting(request: GenerationRequest, sampler: str, steps: int, before: int) -> tuple[tuple[Control, ...], ...]:
    each = SAMPLERS[sampler].calls_per_step
    calls = before + max(1, steps * each - (each - 1))  # the last step has one call
    return tuple(tuple(one for one in request.controls if one.acts(call, calls)) for call in range(calls))
