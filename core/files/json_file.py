"""Reads the small configuration files of models."""

import json
from pathlib import Path
from typing import Any, cast

from core.errors import ModelBroken


def read_json(path: Path) -> dict[str, Any]:
    """Returns the content of a JSON file. Raises ModelBroken."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ModelBroken(path, "this file is missing") from error
    except (OSError, ValueError) as error:
        raise ModelBroken(path, "this file is damaged: it is not readable JSON") from error
    if not isinstance(content, dict):
        raise ModelBroken(path, "this file is damaged: it does not hold a JSON object")
    return cast("dict[str, Any]", content)
