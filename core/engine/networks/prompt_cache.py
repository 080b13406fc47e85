"""Remembers what a text encoder made of the last prompts, so that another seed does not run it again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from core.engine.networks.kept_encodings import KeptEncodings

Encoded = TypeVar("Encoded")

REMEMBERED_PROMPTS = 32


class PromptCache(Generic[Encoded]):
    """By text; the one that was not used for longest goes first.

    Attributes:
        kept: the encodings on the disk, None where the encoders are not as their files have them.
    """

    def __init__(self, encode: Callable[[Any], Encoded], kept: Callable[[], KeptEncodings | None]) -> None:
        self._encode = encode
        self._kept = kept
        self._known: OrderedDict[Hashable, Encoded] = OrderedDict()

    def knows(self, text: Hashable) -> bool:
        """Returns True if the text need not be encoded; one that is kept on the disk is read."""
        kept = self._kept()
        if text not in self._known and kept is not None and (encoded := kept.recall(text)) is not None:
            self._remember(text, encoded)
        return text in self._known

    def recall(self, text: Hashable) -> Encoded:
        """Returns the encoded text, or encodes it now."""
        if not self.knows(text):
            encoded = self._encode(text)
            if (kept := self._kept()) is not None:
                kept.keep(text, encoded)
            self._remember(text, encoded)
        self._known.move_to_end(text)
        return self._known[text]

    def _remember(self, text: Hashable, encoded: Encoded) -> None:
        self._known[text] = encoded
        if len(self._known) > REMEMBERED_PROMPTS:
            self._known.popitem(last=False)

    def clear(self) -> None:
        """Forgets everything, but not on the disk."""
        self._known.clear()
