from __future__ import annotations

import io
import os
import shutil

import pytest

from app.cli.terminal import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def develop(stream: io.StringIO, count: int = 1) -> None:
    with Progress(stream) as progress:
        progress.begin_phase("loading the model")
        progress.begin_picture(1, count, 7, 4)
        progress.finish_step(1, 4)
        progress.finish_step(2, 4)


def test_a_file_gets_a_line_for_each_thing_that_begins() -> None:
    stream = io.StringIO()
    develop(stream)
    assert stream.getvalue() == "loading the model…\n4 steps from seed 7…\n"


def test_a_terminal_gets_one_line_that_is_gone_in_the_end() -> None:
    stream = Terminal()
    develop(stream)
    text = stream.getvalue()
    assert "\n" not in text
    assert "step 2 of 4 [##########----------]" in text
    assert "s/step" in text
    assert text.split("\r")[-2].strip() == ""


def test_a_note_stays_while_progress_goes_on() -> None:
    stream = Terminal()
    with Progress(stream) as progress:
        progress.begin_phase("loading the model")
        progress.note("a note")
        progress.finish_step(1, 4)
    lines = stream.getvalue().split("\n")
    assert lines[0].split("\r")[-1] == "a note"
    assert len(lines) == 2


def test_several_pictures_are_counted() -> None:
    stream = Terminal()
    develop(stream, count=3)
    assert "picture 1 of 3: step 2 of 4" in stream.getvalue()


def test_several_lines_change_in_place_and_are_gone_before_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((40, 4)))
    stream = Terminal()
    with Progress(stream) as progress:
        progress.show_rows(("gone", "first " + "x" * 40, "second", "third"))
        assert stream.getvalue().split("\n") == ["\r\x1b[Jfirst " + "x" * 33, "second", "third\r\x1b[2A"]
        progress.note("a note")
    assert "\r\x1b[J\r" in stream.getvalue()
    assert stream.getvalue().count("\x1b[J") == 2


def test_a_file_gets_no_lines_that_change() -> None:
    stream = io.StringIO()
    with Progress(stream) as progress:
        progress.show_rows(("first", "second"))
    assert stream.getvalue() == ""
