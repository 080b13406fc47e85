"""The words that a model was taught, for models that were taught few: what to suggest, and what it has never seen.

A model's folder may hold ``words.json``: ``{"words": {category: [phrase, ...]}, "prompts": [prompt, ...]}``. The
model that ships with the program does; for those that learnt from the whole web there is no such list.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from core.errors import ModelBroken
from core.language.words import quoted, tr
from core.prompt.bidi import isolated

FILE_NAME = "words.json"
LARGEST_FILE_BYTES = 1_000_000
SUBJECT = "object"
"""The category without which a prompt has no subject, unless it names a place."""

_OFFERED = ("place", "time", "season")
"""The categories that complete a prompt with a subject, in this order: phrases such as "by the sea"."""

_NAMED = 3
_ARTICLES = ("a", "an", "the", "some", "many", "no")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_NO_WORDS = re.compile(r"<[^<>\n]{1,200}>|:\s*[+-]?\d*\.?\d+|\b(?:BREAK|AND)\b")
"""Tags, weights and what divides a prompt; none of it is a word."""


@dataclass(frozen=True)
class Vocabulary:
    """Attributes:
    phrases: what the model was taught to say, by category ("time": "at night", ...).
    prompts: whole prompts that it understands, those that show best what it can do first.
    """

    phrases: Mapping[str, tuple[str, ...]]
    prompts: tuple[str, ...]

    @cached_property
    def words(self) -> frozenset[str]:
        """Returns all single words, in lower case."""
        texts = (*self.prompts, *(phrase for phrases in self.phrases.values() for phrase in phrases))
        return frozenset(word for text in texts for word, _ in _words(text))

    def unknown(self, prompt: str) -> tuple[tuple[int, int], ...]:
        """Returns the words of a prompt that the model has never seen, as ranges of characters."""
        skipped = [match.span() for match in _NO_WORDS.finditer(prompt)]
        return tuple(
            (place, place + len(word))
            for word, place in _words(prompt)
            if word not in self.words and not any(begin <= place < end for begin, end in skipped)
        )

    def untaught(self, prompt: str) -> str:
        """Returns a sentence that names words of a prompt that the model has never seen, "" for none."""
        found = list(dict.fromkeys(prompt[begin:end] for begin, end in self.unknown(prompt)))
        named = ", ".join(quoted(isolated(word[:40])) for word in found[:_NAMED])
        more = tr(" and {count} more", count=len(found) - _NAMED) if len(found) > _NAMED else ""
        return tr("This model doesn’t know {named}{more}.", named=named, more=more) if found else ""

    def completions(self, beginning: str, before: str = "") -> tuple[str, ...]:
        """Phrases of which one word begins like this.

        First those that go on with the words ``before`` ("by the" and then "se": "by the sea"), then those that
        begin so themselves.
        """
        wanted, said = beginning.lower(), tuple(word for word, _ in _words(before))
        if not wanted:
            return ()
        ranks: dict[str, int] = {}
        for phrase in self._ranked:
            parts = tuple(phrase.lower().split())
            places = [place for place, word in enumerate(parts) if word.startswith(wanted)]
            if places:
                goes_on = any(place and said[-place:] == parts[:place] for place in places)
                ranks[phrase] = 0 if goes_on else 1 if places[0] == 0 else 2
        return tuple(sorted(ranks, key=ranks.__getitem__))

    def suggestions(self, prompt: str) -> tuple[str, ...]:
        """Returns phrases that the prompt lacks, ready to be appended, the most usual first and mixed by category.

        The sky is not offered: what fits there depends on the time of day, which the list does not tell.
        """
        said = f" {' '.join(word for word, _ in _words(prompt))} "
        missing = [name for name in _OFFERED if not self._is_said(name, said)]
        if not self._is_said(SUBJECT, said) and "place" in missing:
            return tuple(_with_article(phrase) for phrase in self._by_use(SUBJECT))
        rows = [[phrase for phrase in self._by_use(name) if _is_addition(phrase)] for name in missing]
        longest = max(map(len, rows), default=0)
        return tuple(row[index] for index in range(longest) for row in rows if index < len(row))

    def _is_said(self, category: str, said: str) -> bool:
        return any(f" {phrase} " in said for phrase in self.phrases.get(category, ()))

    def _by_use(self, category: str) -> list[str]:
        wanted = self.phrases.get(category, ())
        return [phrase for phrase in self._ranked if phrase in wanted]

    @cached_property
    def _ranked(self) -> tuple[str, ...]:
        """Returns all phrases, in the order in which the prompts first use them."""
        phrases = dict.fromkeys(phrase for phrases in self.phrases.values() for phrase in phrases)
        text = f" {' . '.join(' '.join(word for word, _ in _words(prompt)) for prompt in self.prompts)} "
        return tuple(sorted(phrases, key=lambda phrase: text.find(f" {phrase} ") % (len(text) + 1)))


def appended(prompt: str, phrase: str) -> str:
    """Returns the prompt with a phrase behind it: "at night" after a space, "a starry sky" after a comma."""
    before = prompt.rstrip(" ,\n")
    if not before:
        return phrase
    return f"{before}, {phrase}" if phrase.split()[0] in _ARTICLES else f"{before} {phrase}"


def read_vocabulary(model_folder: Path) -> Vocabulary | None:
    """Returns the vocabulary in a model's folder, None without one. Raises ModelBroken."""
    path = model_folder / FILE_NAME
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise ModelBroken(path, tr("a list of words is never so large"))
        content: Any = json.loads(path.read_text("utf-8"))
        phrases = {
            str(name): _phrases(category) for name, category in cast("dict[str, Any]", content["words"]).items()
        }
        return Vocabulary(phrases, _phrases(content["prompts"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelBroken(path, tr("this file is damaged: it does not contain lists of words")) from error


def _phrases(content: object) -> tuple[str, ...]:
    if not isinstance(content, list):
        raise TypeError
    return tuple(str(phrase) for phrase in cast("list[object]", content))


def _words(text: str) -> Iterator[tuple[str, int]]:
    """Yields each word in lower case, and its first character; hyphens divide words, as in the tokenizer."""
    for match in _WORD.finditer(text):
        yield match.group().lower(), match.start()


def _is_addition(phrase: str) -> bool:
    """Begins with a preposition: "at night" goes behind a prompt as it is, "night" and "the sea" do not."""
    return " " in phrase and phrase.split()[0] not in _ARTICLES


def _with_article(noun: str) -> str:
    if noun.split()[0] in _ARTICLES or noun.endswith(("s", "i")):
        return noun
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
