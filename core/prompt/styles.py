"""Styles: prompts that are kept by a name, in the ``styles.csv`` of AUTOMATIC1111's program.

Columns ``name``, ``prompt`` and ``negative_prompt``; in old files ``text`` stands for the prompt. A style takes up
the prompt where it has ``{prompt}``, and follows it otherwise (``modules/styles.py`` there).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.errors import StylesUnreadable
from core.files.atomic import DISK, FileSystem, words_of, write_file
from core.language.words import tr

FILE_NAME = "styles.csv"
PLACE = "{prompt}"
LARGEST_BYTES = 10 * 2**20
_COLUMNS = ("name", "prompt", "negative_prompt")


@dataclass(frozen=True, slots=True)
class Style:
    """A prompt and a negative prompt, either of which may be empty."""

    name: str
    prompt: str
    negative_prompt: str = ""

    def over(self, prompt: str, negative_prompt: str) -> tuple[str, str]:
        """Returns both prompts in this style."""
        return _merged(self.prompt, prompt), _merged(self.negative_prompt, negative_prompt)


def read_styles(path: Path) -> tuple[Style, ...]:
    """Returns the styles of a file, of those with one name the last. Raises StylesUnreadable."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
        if len(content) > LARGEST_BYTES:
            raise StylesUnreadable(path, tr("it is far too large"))
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), skipinitialspace=True))
    except OSError as error:
        raise StylesUnreadable(path, words_of(error)) from error
    except (ValueError, csv.Error) as error:
        raise StylesUnreadable(path, tr("it is not a table of text in UTF-8")) from error
    if not rows or "name" not in rows[0] or not {"prompt", "text"} & rows[0].keys():
        if content.strip() and not rows and b"name" in content:
            return ()
        raise StylesUnreadable(path, tr("it has no columns name and prompt"))
    found: dict[str, Style] = {}
    for row in rows:
        name = (row["name"] or "").strip()
        prompt = row.get("prompt", row.get("text")) or ""
        style = Style(name, prompt, row.get("negative_prompt") or "")
        if name and (style.prompt or style.negative_prompt):  # others are headings
            found[name] = style
    return tuple(found.values())


def write_styles(path: Path, styles: Iterable[Style], disk: FileSystem = DISK) -> None:
    """Writes a file that AUTOMATIC1111's program reads. Raises SaveFailed."""
    text = io.StringIO(newline="")
    csv.writer(text).writerow(_COLUMNS)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)  # otherwise blanks at the start of a text would be dropped
    writer.writerows((style.name, style.prompt, style.negative_prompt) for style in styles)
    write_file(path, text.getvalue().encode("utf-8-sig"), disk)


def joined(first: Iterable[Style], second: Iterable[Style]) -> tuple[Style, ...]:
    """Returns all styles; of two with one name the second."""
    return tuple({style.name: style for style in (*first, *second)}.values())


def _merged(style: str, prompt: str) -> str:
    if PLACE in style:
        return style.replace(PLACE, prompt)
    return ", ".join(part.strip() for part in (prompt, style) if part.strip())
