"""The length of a prompt in tokens, of the longest of its texts where it has several."""

from __future__ import annotations

from core.prompt.placed import PlacedText
from core.prompt.timeline import glimpse
from core.prompt.tokens import TokenCount, TokenCounter
from core.request.settings.emphasis import PLAIN
from core.request.settings.loras import tag_places

_MOST_COUNTED = 2
"""Of texts by turns: the ones with the most characters."""


def count_prompt(counter: TokenCounter, prompt: str, emphasis: str, *, is_negative: bool = False) -> TokenCount:
    """Counts what is read of a prompt: without the tags of LoRAs, and of texts by turns the longest."""
    if not counter.has_chunks or emphasis == PLAIN:
        tags = () if is_negative or emphasis == PLAIN else tag_places(prompt)
        return counter.count(PlacedText.whole(prompt).without(tags), emphasis)
    moments = glimpse(prompt, is_negative=is_negative)
    texts = [text for moment in moments for text in (moment.negative, *(part.content for part in moment.parts))]
    likely = sorted(texts, key=lambda text: len(text.text))[-_MOST_COUNTED:]
    return max((counter.count(text, emphasis) for text in likely), key=lambda count: count.tokens)
