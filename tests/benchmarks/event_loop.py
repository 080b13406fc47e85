"""Watches how long the event loop of the window's thread leaves a timer waiting."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QWidget

from app.session.run import RunState
from app.session.session import Session


@dataclass
class Gaps:
    """Times between two ticks in seconds, and the processor time of the window's thread between them."""

    seconds: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)

    def add(self, others: Gaps) -> None:
        self.seconds += others.seconds
        self.worked += others.worked

    def figures(self, when: str) -> dict[str, float]:
        ordered = sorted(self.seconds)
        return {
            f"largest gap, {when} (ms)": ordered[-1] * 1000,
            f"p99.9 gap, {when} (ms)": ordered[int(len(ordered) * 0.999)] * 1000,
            f"most work in one, {when} (ms)": max(self.worked) * 1000,
        }


@dataclass(frozen=True)
class WatchedRun:
    """One picture."""

    first_preview_seconds: float
    gaps: Gaps


class EventLoop(QObject):
    """Runs the event loop until something has happened, and ticks meanwhile."""

    def __init__(self, tick_ms: int) -> None:
        super().__init__()
        self._loop = QEventLoop()
        self._window: QWidget | None = None
        self._gaps = Gaps()
        self._last = self._worked = 0.0
        self._first_preview: float | None = None
        self._timer = QTimer(self, interval=tick_ms, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def run_until_visible(self, window: QWidget) -> None:
        """Returns when the window system shows the window and it has been painted."""
        self._window = window
        self._run()
        self._window = None

    def run_for(self, seconds: float) -> Gaps:
        QTimer.singleShot(round(seconds * 1000), self._loop.quit)
        return self._run()

    def watch_run(self, session: Session) -> WatchedRun:
        """Makes one picture."""
        self._first_preview = None
        session.stepped.connect(self._see_preview)
        session.state_changed.connect(self._see_state)
        began = time.perf_counter()
        session.generate()
        gaps = self._run()
        session.stepped.disconnect(self._see_preview)
        session.state_changed.disconnect(self._see_state)
        if self._first_preview is None:
            raise RuntimeError("the run ended without a step")
        return WatchedRun(self._first_preview - began, gaps)

    def _run(self) -> Gaps:
        self._gaps = Gaps()
        self._last, self._worked = time.perf_counter(), time.thread_time()
        self._timer.start()
        self._loop.exec()
        self._timer.stop()
        return self._gaps

    def _see_preview(self) -> None:
        if self._first_preview is None:
            self._first_preview = time.perf_counter()

    def _see_state(self, state: RunState) -> None:
        if state is RunState.idle:
            self._loop.quit()

    def _tick(self) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        self._gaps.seconds.append(now - self._last)
        self._gaps.worked.append(worked - self._worked)
        self._last, self._worked = now, worked
        handle = self._window.windowHandle() if self._window is not None else None
        if handle is not None and handle.isExposed():
            self._loop.quit()
