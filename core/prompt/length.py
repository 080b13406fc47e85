"""The length of a prompt in tokens, of the longest of its texts where it has several."""

from __future__ import annotations

from core.errors import InvalidRequest
from core.prompt.placed import PlacedText
from core.prompt.timeline import moments_of
from core.prompt.tokens import TokenCount, TokenCounter
from core.request.settings.loras import tag_places

_NOTHING = PlacedText("", ())
_CALLS = 20
"""Of a run of no model in particular: which texts there are hardly depends on it."""


def count_prompt(counter: TokenCounter, prompt: str, emphasis: str, *, is_negative: bool = False) -> TokenCount:
    """Counts what is read of a prompt: without the tags of LoRAs, and of texts by turns the longest."""
    content = PlacedText.whole(prompt)
    if not is_negative:
        content = content.without(tag_places(prompt))
    if not counter.has_chunks:
        return counter.count(content, emphasis)
    try:
        moments, _ = moments_of(*((_NOTHING, content) if is_negative else (content, _NOTHING)), _CALLS)
    except InvalidRequest:  # the run says what is wrong with it
        return counter.count(content, emphasis)
    texts = (
        [moment.negative for moment in moments]
        if is_negative
        else [part.content for moment in moments for part in moment.parts]
    )
    return max((counter.count(text, emphasis) for text in texts), key=lambda count: count.tokens)
