"""Remembers what a text encoder made of the last prompts, so that another seed does not run it again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

Encoded = TypeVar("Encoded")

REMEMBERED_PROMPTS = 32


class PromptCache(Generic[Encoded]):
    """By text; the one that was not used for longest goes first."""

    def __init__(self, encode: Callable[[Any], Encoded]) -> None:
        self._encode = encode
        self._known: OrderedDict[Hashable, Encoded] = OrderedDict()

    def knows(self, text: Hashable) -> bool:
        return text in self._known

    def recall(self, text: Hashable) -> Encoded:
        """Returns the encoded text from the cache, or encodes it now."""
        if text not in self._known:
            self._known[text] = self._encode(text)
            if len(self._known) > REMEMBERED_PROMPTS:
                self._known.popitem(last=False)
        self._known.move_to_end(text)
        return self._known[text]

    def clear(self) -> None:
        """Forgets everything."""
        self._known.clear()
