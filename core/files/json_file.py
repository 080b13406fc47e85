"""Reads the small configuration files of models."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from core.errors import ModelBroken
from core.files.stamps import Stamp, stamp_of
from core.language.words import tr

LARGEST_NUMBER = 2**20
"""No figure of a model is larger, unless its file is damaged."""


def read_json(path: Path) -> dict[str, Any]:
    """Returns the content of a JSON file. Raises ModelBroken."""
    try:
        content = json.loads(_text(path, stamp_of(path)))
    except FileNotFoundError as error:
        raise ModelBroken(path, tr("this file is missing"), is_damaged=True) from error
    except (OSError, ValueError, RecursionError) as error:
        raise ModelBroken(path, tr("this file is damaged: it is not readable JSON"), is_damaged=True) from error
    if not isinstance(content, dict):
        raise ModelBroken(path, tr("this file is damaged: it does not contain a JSON object"), is_damaged=True)
    return cast("dict[str, Any]", content)


@lru_cache(maxsize=256)
def _text(path: Path, _stamp: Stamp) -> str:
    """Returns the content; many models in single files share the configurations of their kind."""
    return path.read_text("utf-8")


def whole_number(file: Path, key: str, default: int) -> int:
    """Reads a number of a configuration, the largest of a list, ``default`` where there is none.

    Raises ModelBroken.
    """
    value = read_json(file).get(key)
    if isinstance(value, list) and value and all(isinstance(each, int) for each in cast("list[object]", value)):
        value = max(cast("list[int]", value))  # such as sample_size, (height, width)
    if value is None:
        return default
    if not isinstance(value, int) or not 0 < value <= LARGEST_NUMBER:
        raise ModelBroken(
            file, tr("this file is damaged: {key} is not a whole number that can be", key=key), is_damaged=True
        )
    return value
