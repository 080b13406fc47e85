"""A line to another computer that is lost, as the bars above the canvas tell it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from pytestqt.qtbot import QtBot

from core.runs.events import Event, LineLost
from core.runs.operations import Generate
from tests.app.conftest import wait_for_pictures
from tests.app.create.test_notices import Bench, bench
from tests.patience import LONGEST_S

__all__ = ["bench"]


def test_a_line_that_is_lost_is_told_each_time_until_it_is_back(bench: Bench, qtbot: QtBot) -> None:
    is_back, generate = threading.Event(), bench.engine.answers[Generate]

    def cut(operation: Generate) -> Iterator[Event]:
        yield LineLost("studio-pc")
        assert is_back.wait(LONGEST_S)
        yield from generate(operation)

    bench.engine.answers[Generate] = cut
    for _ in range(2):
        is_back.clear()
        bench.session.generate()
        qtbot.waitUntil(lambda: "studio-pc is lost" in bench.text())
        is_back.set()
        qtbot.waitUntil(lambda: "studio-pc is lost" not in bench.text())
        wait_for_pictures(bench.session, qtbot)
