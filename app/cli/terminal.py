"""The command line's output: results on standard output, progress and notes on standard error."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Sequence
from typing import Any, TextIO

from app.messages.notices import notice_of
from core.language.words import tr
from core.runs.events import Event

_BAR_WIDTH = 20
_CLEAR = "\r\x1b[J"
"""Takes away what is from the beginning of this line on."""


def to_json(value: Any, indent: int | None = None) -> str:
    """JSON that standard output can show: characters it does not know are escaped."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent)
    return text


class Progress:
    """One line that changes in place on a terminal; elsewhere a line for each beginning.

    A context manager: on leaving, the line is gone.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._title = ""
        self._step_began: float | None = None
        self._has_rows = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._show("")

    def begin_phase(self, words: str) -> None:
        self._tell(f"{self._title}{words}…")

    def show_amount(self, words: str) -> None:
        """Shows how far something long has come, on a terminal only."""
        if self._is_terminal:
            self._show(f"{words}…")

    def show_rows(self, rows: Sequence[str]) -> None:
        """Shows several lines that change in place, on a terminal only, as far as they have room there."""
        if not self._is_terminal:
            return
        width, height = shutil.get_terminal_size()
        fitting = [row[: max(width - 1, 20)] for row in rows[-max(height - 1, 1) :]]
        up = f"\x1b[{len(fitting) - 1}A" if len(fitting) > 1 else ""
        self._stream.write(_CLEAR + "\n".join(fitting) + f"\r{up}")
        self._stream.flush()
        self._has_rows = len(fitting) > 1

    def begin_picture(self, number: int, count: int, seed: int | None, steps: int) -> None:
        self._title = tr("picture {number} of {count}: ", number=number, count=count) if count > 1 else ""
        self._step_began = time.perf_counter()
        self._tell(tr("{title}{steps} steps from seed {seed}…", title=self._title, steps=steps, seed=seed))

    def finish_step(self, step: int, steps: int) -> None:
        """Shows that ``step`` steps are done, with the time that one takes and that is left."""
        if not self._is_terminal or self._step_began is None:
            return
        seconds = (time.perf_counter() - self._step_began) / step
        done = _BAR_WIDTH * step // steps
        bar = "#" * done + "-" * (_BAR_WIDTH - done)
        left = seconds * (steps - step)
        self._show(
            tr(
                "{title}step {step} of {steps} [{bar}] {seconds:.2f} s/step, {left:.0f} s left",
                title=self._title,
                step=step,
                steps=steps,
                bar=bar,
                seconds=seconds,
                left=left,
            )
        )

    def note(self, text: str) -> None:
        """Writes a line that stays."""
        self.clear()
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Makes room for a result."""
        self._show("")

    def _tell(self, text: str) -> None:
        (self._show if self._is_terminal else self.note)(text)

    def _show(self, text: str) -> None:
        if self._is_terminal:
            width = max(shutil.get_terminal_size().columns - 1, 20)
            cleared = _CLEAR if self._has_rows else ""
            self._has_rows = False
            self._stream.write(f"{cleared}\r{text[:width]:<{width}}\r")
            self._stream.flush()


class Notes:
    """Sentences of a command beside its results, on standard error at once and kept for ``--json``.

    Attributes:
        texts: those that hold for all results.
    """

    def __init__(self, progress: Progress) -> None:
        self.texts: list[str] = []
        self._progress = progress

    def add(self, text: str) -> None:
        """Tells it, once."""
        if text not in self.texts:
            self.texts.append(text)
            self.tell(text)

    def tell(self, text: str) -> None:
        """Tells what holds for one result only."""
        self._progress.note(f"emulsion: {text}")

    def follow(self, event: Event) -> None:
        """Tells an event that is a notice; all others are left to the command."""
        if (notice := notice_of(event)) is not None:
            self.add(f"{notice.title}: {notice}")
