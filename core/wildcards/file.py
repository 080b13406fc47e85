"""Reads wildcard files as the Dynamic Prompts of AUTOMATIC1111's program does (``wildcards/collection`` there).

``.txt`` has a value on each line, ``#`` begins a line that is none; ``.yaml`` and ``.json`` have lists, by names
that nest. ``3::red`` is a value that is drawn three times as often.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any, cast

from core.errors import WildcardUnusable
from core.files.atomic import words_of
from core.files.sizes import size_text
from core.files.stamps import Stamp, stamp_of
from core.language.words import tr

LINES, LISTS = (".txt",), (".yaml", ".yml", ".json")
SUFFIXES = (*LINES, *LISTS)
LARGEST = {".txt": 4 * 2**20, ".json": 4 * 2**20, ".yaml": 2**19, ".yml": 2**19}
"""In bytes: what can be read while somebody waits."""
MOST_VALUES = 200_000
_DEEPEST = 20
_WEIGHT = re.compile(r"\s*(\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})::")


@dataclass(frozen=True, slots=True)
class Values:
    """The values of a wildcard, each a template of its own.

    Attributes:
        sums: of their weights, up to each of them; None where all weigh the same.
    """

    texts: tuple[str, ...]
    sums: tuple[float, ...] | None = None

    @classmethod
    def of(cls, lines: list[str]) -> Values:
        """Reads the weights."""
        if not any("::" in line and _WEIGHT.match(line) for line in lines):
            return cls(tuple(lines))
        weighted = [split_weight(line) for line in lines]
        return cls(tuple(text for _, text in weighted), tuple(accumulate(weight for weight, _ in weighted)))

    @classmethod
    def joined(cls, several: list[Values]) -> Values:
        """Returns the values of several files, one behind the other."""
        if len(several) == 1:
            return several[0]
        texts = tuple(text for values in several for text in values.texts)
        if all(values.sums is None for values in several):
            return cls(texts)
        return cls(texts, tuple(accumulate(weight for values in several for weight in values.weights)))

    @property
    def weights(self) -> tuple[float, ...]:
        sums = self.sums or range(1, len(self.texts) + 1)
        return tuple(after - before for before, after in zip((0, *sums), sums, strict=False))


def split_weight(text: str) -> tuple[float, str]:
    """Returns the weight before ``::``, which is 1 where there is none, and the rest."""
    match = _WEIGHT.match(text)
    return (1.0, text) if match is None else (float(match[1]), text[match.end() :])


def read_values(path: Path) -> Mapping[str, Values]:
    """Returns the wildcards of a file by their names in it, "" for that of the file itself.

    Raises WildcardUnusable.
    """
    read = _read_lines if path.suffix.lower() in LINES else _read_lists
    return read(path, stamp_of(path))


@lru_cache(maxsize=16)
def _read_lines(path: Path, _stamp: Stamp) -> Mapping[str, Values]:
    lines = (line.strip() for line in _text(path).splitlines())
    return {"": Values.of([line for line in lines if line and line[0] != "#"])}


@lru_cache(maxsize=256)
def _read_lists(path: Path, _stamp: Stamp) -> Mapping[str, Values]:
    return {name: Values.of(lines) for name, lines in _lists(path, _text(path)).items()}


def _text(path: Path) -> str:
    most = LARGEST[path.suffix.lower()]
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise WildcardUnusable(str(path), words_of(error)) from error
    if len(content) > most:
        raise WildcardUnusable(
            str(path), tr("it is larger than {most}; divide it into several files", most=size_text(most))
        )
    return content.decode("utf-8-sig", "ignore")


def _lists(path: Path, text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    left = MOST_VALUES
    for name, value in _walk(_parsed(path, text), "", _DEEPEST):
        found.setdefault(name, []).append(value)
        left -= 1
        if not left:
            raise WildcardUnusable(str(path), tr("it has more than {most} values", most=MOST_VALUES))
    return found


def _parsed(path: Path, text: str) -> object:
    if path.suffix.lower() == ".json":
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise WildcardUnusable(str(path), tr("it is not JSON, or damaged")) from error
    import yaml  # for those who have such files

    loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return yaml.load(text, loader)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise WildcardUnusable(str(path), tr("it is not YAML, or damaged")) from error


def _walk(content: object, name: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yields each value with the names that it lies under, ``artists/dutch``."""
    if isinstance(content, str):
        if content:
            yield name, content
    elif isinstance(content, list):
        for entry in cast("list[object]", content):
            if isinstance(entry, str):
                yield from _walk(entry, name, depth)
            elif isinstance(entry, dict):
                told = cast("dict[str, object]", entry)
                value = told.get("text") or told.get("content")
                if isinstance(value, str):
                    weight = told.get("weight")
                    yield name, value if weight is None else f"{weight}::{value}"
    elif isinstance(content, dict) and depth:
        for key, inner in cast("dict[object, object]", content).items():
            if isinstance(key, str):
                yield from _walk(inner, f"{name}/{key}" if name else key, depth - 1)
