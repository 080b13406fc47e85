from __future__ import annotations

from PySide6.QtWidgets import QLabel, QProgressBar
from pytestqt.qtbot import QtBot

from app.create.progress_line import RESOLUTION, ProgressLine
from app.session.run import RunState
from tests.app.conftest import MakeSession
from tests.app.holding import hold_at, hold_until_shown
from tests.fakes import FakeEngine


def test_the_line_follows_a_run_from_phase_to_outcome(make_session: MakeSession, qtbot: QtBot) -> None:
    engine = FakeEngine()
    session = make_session(engine)
    hold_until_shown(session, engine, 2)
    line = ProgressLine(session)
    qtbot.addWidget(line)
    words, bar = line.findChild(QLabel, "phaseLabel"), line.findChild(QProgressBar, "progressBar")
    assert isinstance(words, QLabel)
    assert isinstance(bar, QProgressBar)
    assert words.text() == "Ready"
    seen: list[tuple[str, int, int]] = []

    def look() -> None:
        seen.append((words.text(), bar.value(), bar.maximum()))

    session.phase_changed.connect(look)
    session.step_shown.connect(look)
    session.edit(steps=2, seed=7)
    session.generate()
    qtbot.waitUntil(lambda: session.state is RunState.idle)
    assert ("Loading the model", -1, 0) in [(text, -1, most) for text, _, most in seen]
    assert ("Step 1 of 2", RESOLUTION // 2, RESOLUTION) in seen
    assert ("Step 2 of 2", RESOLUTION, RESOLUTION) in seen
    assert "Decoding the picture" in [text for text, _, _ in seen]
    assert words.text().startswith("Finished in ")
    assert words.text().endswith("seed 7")


def test_steps_that_come_faster_than_the_eye_are_not_all_shown_but_the_last_one_is(
    make_session: MakeSession, qtbot: QtBot
) -> None:
    session = make_session()
    line = ProgressLine(session)
    qtbot.addWidget(line)
    words = line.findChild(QLabel, "phaseLabel")
    assert isinstance(words, QLabel)
    seen: set[str] = set()
    session.stepped.connect(lambda: seen.add(words.text()))
    session.edit(steps=200)
    session.generate()
    qtbot.waitUntil(lambda: session.state is RunState.idle)
    assert 1 <= len(seen) < 100
    assert words.text().startswith("Finished in ")


def test_stop_is_confirmed_before_it_has_happened(make_session: MakeSession, qtbot: QtBot) -> None:
    engine, hold = hold_at(1)
    session = make_session(engine)
    line = ProgressLine(session)
    qtbot.addWidget(line)
    words = line.findChild(QLabel, "phaseLabel")
    assert isinstance(words, QLabel)
    with qtbot.waitSignal(session.stepped):
        session.generate()
    session.stop()
    assert words.text() == "Stopping after this step"
    hold.set()
    qtbot.waitUntil(lambda: session.state is RunState.idle)
    assert words.text().startswith("Stopped at step ")
