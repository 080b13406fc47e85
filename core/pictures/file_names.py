"""Names for pictures that are valid on every file system and informative."""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from pathlib import PurePath
from types import MappingProxyType

from core.errors import InvalidRequest
from core.language.words import tr
from core.request.json_values import plain_name
from core.request.request import GenerationRequest, Size

_FIELD = re.compile(r"\{(\w+)\}")
_GAPS = re.compile(r"-{2,}")
_LONGEST_STEM_BYTES = 160
LONGEST_SLUG = 60
LONGEST_SLUG_BYTES = 100
_LONGEST_PROMPT_READ = 1_000

# A name made of letters that Unicode 3.2 (2002) knew is accepted by every file system in use: some refuse what
# is newer than they are.
_known = unicodedata.ucd_3_2_0


def day_folder(now: datetime) -> str:
    """Returns the name of a day's folder: ``2026-11-21``."""
    return f"{now:%Y-%m-%d}"


FIELDS: Mapping[str, Callable[[GenerationRequest, datetime], str]] = MappingProxyType(
    {
        "date": lambda _request, now: f"{now:%Y-%m-%d}",
        "time": lambda _request, now: f"{now:%H%M%S}",
        "seed": lambda request, _now: str(request.seed),
        "prompt": lambda request, _now: slug(request.prompt),
        "model": lambda request, _now: slug(request.model),
        "sampler": lambda request, _now: request.sampler.replace("_", "-"),
        "steps": lambda request, _now: str(request.steps),
        "guidance": lambda request, _now: f"{request.guidance_scale:g}",
        "size": lambda request, _now: f"{request.size.width}x{request.size.height}",
    }
)
"""The parts of a name pattern, each written in braces: ``{seed}``."""

DEFAULT_PATTERN = "{time}-{seed}-{prompt}"


def check_pattern(pattern: str, more: Collection[str] = ()) -> None:
    """Raises InvalidRequest if a pattern names a part that is neither in `FIELDS` nor among ``more``."""
    known = (*more, *FIELDS)
    for field in _FIELD.findall(pattern):
        if field not in known:
            raise InvalidRequest(tr("name pattern"), f"{{{field}}}", ", ".join(f"{{{name}}}" for name in known))


def picture_stem(request: GenerationRequest, now: datetime, copy: int = 1, pattern: str = DEFAULT_PATTERN) -> str:
    """Returns ``142530-7-a-red-house-by-the-sea``; a second picture with that name gets ``-2`` at the end.

    Unknown parts of the pattern are left out, and so is what no file system takes in a name.
    """
    fields = {name: value(request, now) for name, value in FIELDS.items()}
    filled = _FIELD.sub(lambda match: fields.get(match[1], ""), pattern)
    plain = _GAPS.sub("-", "".join(letter if _is_usable(letter) else "-" for letter in filled)).strip("-. ")
    stem = plain.encode()[:_LONGEST_STEM_BYTES].decode("utf-8", "ignore") or f"{now:%H%M%S}"
    return f"{stem}-{copy}" if copy > 1 else stem


def enlarged_stem(name: str, size: Size, copy: int = 1) -> str:
    """Returns ``house-512x512`` for a picture made larger of the file ``house.png``."""
    stem = PurePath(plain_name(name)).stem.encode()[:_LONGEST_STEM_BYTES].decode("utf-8", "ignore")
    return f"{stem}-{size.width}x{size.height}" + (f"-{copy}" if copy > 1 else "")


def slug(text: str) -> str:
    """Returns the words of a text in any script, joined by ``-``, or "" if it has none.

    Letters, their marks and digits stay; everything else, such as separators, dots, control and direction
    characters and emoji, parts words.
    """
    words: list[str] = []
    for word in _words(text):
        longer = "-".join([*words, word])
        if len(longer) > LONGEST_SLUG or len(longer.encode()) > LONGEST_SLUG_BYTES:
            if not words:
                words.append(_cut(word))
            break
        words.append(word)
    return "-".join(words)


def _words(text: str) -> list[str]:
    normal = unicodedata.normalize("NFC", text[:_LONGEST_PROMPT_READ]).lower()
    letters = "".join(character if _belongs_to_a_word(character) else " " for character in normal)
    # a mark needs a letter before it
    return [word for word in letters.split() if not _known.category(word[0]).startswith("M")]


def _belongs_to_a_word(character: str) -> bool:
    return _known.category(character)[0] in "LNM"


def _is_usable(letter: str) -> bool:
    return _belongs_to_a_word(letter) or letter in "-_+,. "


def _cut(word: str) -> str:
    return word[:LONGEST_SLUG].encode()[:LONGEST_SLUG_BYTES].decode("utf-8", "ignore")
