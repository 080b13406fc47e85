"""The prompts that pictures were asked for with, newest first, kept between starts."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from core.files.atomic import DISK, FileSystem, words_of, write_file
from core.request.json_values import list_of

log = logging.getLogger(__name__)

FILE_NAME = "prompts.json"
MOST_PROMPTS = 1000
LONGEST = 20_000
Prompts = tuple[str, str]
"""A prompt and its negative prompt."""


def with_newest(history: tuple[Prompts, ...], newest: Prompts) -> tuple[Prompts, ...]:
    """Returns the history with these prompts at its beginning, and nowhere else."""
    if not any(newest) or len("".join(newest)) > LONGEST:
        return history
    return (newest, *(prompts for prompts in history if prompts != newest))[:MOST_PROMPTS]


def load_history(folder: Path) -> tuple[Prompts, ...]:
    """Reads the history; what is missing or damaged is left out, and logged."""
    try:
        content: Any = json.loads((folder / FILE_NAME).read_bytes())
        entries = list_of(content["prompts"], "prompts")
    except FileNotFoundError:
        return ()
    except OSError as error:
        log.warning("the history of prompts cannot be read: %s", words_of(error))
        return ()
    except (ValueError, RecursionError, TypeError, KeyError) as error:
        log.warning("the history of prompts is damaged: %s", error)
        return ()
    found: list[Prompts] = []
    for entry in entries:
        match entry:
            case [str(prompt), str(negative_prompt)]:
                found.append((prompt, negative_prompt))
            case _:
                continue
    return tuple(found[:MOST_PROMPTS])


def save_history(folder: Path, history: tuple[Prompts, ...], disk: FileSystem = DISK) -> None:
    """Writes the history. Raises SaveFailed."""
    content = {"format": 1, "prompts": history}
    write_file(folder / FILE_NAME, json.dumps(content, ensure_ascii=False, indent=0).encode("utf-8"), disk)
