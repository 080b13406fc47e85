"""The words by which a prompt calls for what a LoRA was taught, as its header tells them. Light.

``modelspec.trigger_phrase`` is meant for this (Stability AI's ModelSpec); of LoRAs without it, kohya's sd-scripts
have kept the captions' tags with their numbers in ``ss_tag_frequency``.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

PHRASE = "modelspec.trigger_phrase"
TAGS = "ss_tag_frequency"
MOST_WORDS = 5
LONGEST = 120
_MOST_TAGS = 20_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def trigger_words(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """Returns the phrase that its maker names, or the tags of most of its pictures; () without either."""
    phrase = _plain(metadata.get(PHRASE, ""))
    if phrase:
        return (phrase,)
    counts: Counter[str] = Counter()
    for tags in _objects(metadata.get(TAGS, "")):
        for tag, count in list(tags.items())[:_MOST_TAGS]:
            if isinstance(count, int) and not isinstance(count, bool) and count > 0 and _plain(tag):
                counts[_plain(tag)] += count
    if not counts:
        return ()
    least = max(counts.values()) / 2
    return tuple(tag for tag, count in counts.most_common(MOST_WORDS) if count >= least)


def _objects(text: str) -> list[dict[str, Any]]:
    """Returns one for each folder of training pictures."""
    try:
        content = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return []
    if not isinstance(content, dict):
        return []
    folders = list(cast("dict[str, object]", content).values())
    return [cast("dict[str, Any]", folder) for folder in folders if isinstance(folder, dict)]


def _plain(text: str) -> str:
    return _CONTROL.sub(" ", text).strip().strip(",").strip()[:LONGEST]
