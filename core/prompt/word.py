"""A word of a prompt, and which of the model's tokens stand for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """A word that the model reads.

    Attributes:
        start, end: its place in the prompt, in characters (code points).
        first_token, end_token: its tokens, the start mark being token 0.
    """

    text: str
    start: int
    end: int
    first_token: int
    end_token: int
