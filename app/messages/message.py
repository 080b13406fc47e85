"""A report of an event, in words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """A report of an event, as plain text.

    Attributes:
        title: a few words.
        sentence: one sentence with the facts.
        remedy: what the reader can do about it, one sentence, or "".
        is_unforeseen: only a report and the log can tell more.
        is_of_engine: the engine has gone away; another one may do what this one could not.
        passes: it holds until the next event of what it tells of.
    """

    title: str
    sentence: str
    remedy: str = ""
    is_unforeseen: bool = False
    is_of_engine: bool = False
    passes: bool = False

    def __str__(self) -> str:
        return " ".join(part for part in (self.sentence, self.remedy) if part)
