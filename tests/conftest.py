"""Every test must leave nothing behind: no thread, no window, no warning of ours or Qt's."""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from tqdm.std import tqdm

from app.startup.garbage_collector import collect_due
from core.families import FAMILIES
from core.families.spec import FamilySpec
from tests import made_up_family
from tests.patience import LONGEST_S
from tests.patient_bot import PatientBot

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# networks as small as those of the tests are slower with two threads, and collapse when anything else runs
os.environ.setdefault("OMP_NUM_THREADS", "1")

tqdm.monitor_interval = 0  # bars of libraries, also hidden ones, would leave a thread behind

OUR_LOGGERS = ("app", "core")
FORGIVEN_QT_MESSAGES = ("This plugin does not support ",)  # said by the offscreen platform


class _Warnings(logging.Handler):
    """Collects what our own code logs at warning level and above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.split(".")[0] in OUR_LOGGERS:
            self.records.append(record)


def pytest_configure() -> None:
    """Registers a made-up family beside the real ones, so that every test over families goes for it too."""
    cast("dict[str, FamilySpec]", FAMILIES)[made_up_family.SPEC.key] = made_up_family.SPEC


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keeps the search for garbage away from the imported libraries, as the program does.

    Each search would go through all of torch and diffusers, for 0.3 s, and closing an engine makes one.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> PatientBot:
    """Stands in for pytest-qt's own."""
    return PatientBot(request)


@pytest.fixture(autouse=True)
def garbage_is_collected_in_this_thread() -> Iterator[None]:
    """Does as the window's thread does: in another one Qt's objects must not be freed."""
    yield
    collect_due()


@pytest.fixture(scope="session")
def one_of_each(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each of `tests.tiny_families.TINY_MODELS`, under its name there."""
    from tests.tiny_families import TINY_MODELS  # torch, which most tests of the window do without

    folder = tmp_path_factory.mktemp("one of each")
    for name, one in TINY_MODELS.items():
        one.make(folder / name)
    return folder


@pytest.fixture
def expected_warnings() -> list[str]:
    """A test that provokes a log warning adds a part of its text here."""
    return []


@pytest.fixture(autouse=True)
def no_unexpected_log_warnings(expected_warnings: list[str]) -> Iterator[None]:
    handler = _Warnings()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    texts = [record.getMessage() for record in handler.records]
    unexpected = [text for text in texts if not any(part in text for part in expected_warnings)]
    missing = [part for part in expected_warnings if not any(part in text for text in texts)]
    assert not unexpected, f"logged unexpectedly: {unexpected}"
    assert not missing, f"expected in the log, but not there: {missing}"


@pytest.fixture(autouse=True)
def no_qt_warnings(qtlog: Any) -> Iterator[None]:
    yield
    messages = [
        record.message
        for record in qtlog.records
        if record.type_name != "QtDebugMsg"
        and record.type_name != "QtInfoMsg"
        and not any(part in (record.message or "") for part in FORGIVEN_QT_MESSAGES)
    ]
    assert not messages, f"Qt warned: {messages}"


@pytest.fixture(autouse=True)
def no_leftover_threads() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [
        thread
        for thread in threading.enumerate()
        # a dummy stands for a foreign thread (Qt's, torch's), and outlives it
        if thread not in before and not isinstance(thread, threading._DummyThread)  # pyright: ignore[reportPrivateUsage]
    ]
    for thread in left:
        thread.join(LONGEST_S)  # a queue's own thread ends by itself soon after the queue is closed
    left = [thread for thread in left if thread.is_alive()]
    assert not left, f"threads left behind: {left}"
    assert not _running_qt_threads(), "a QThread still runs"


@pytest.fixture(autouse=True)
def no_leftover_windows() -> Iterator[None]:
    yield
    if "PySide6.QtWidgets" not in sys.modules:
        return
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    if QApplication.instance() is None:
        return
    # what a test has copied must go while Qt is there: the offscreen clipboard crashes when Python frees it later
    QApplication.clipboard().clear()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    left = QApplication.topLevelWidgets()
    for widget in left:
        widget.close()
        widget.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert not left, f"windows left behind: {left}"


def _running_qt_threads() -> list[object]:
    if "PySide6.QtCore" not in sys.modules:
        return []
    from PySide6.QtCore import QThread
    from shiboken6 import Shiboken

    main = QThread.currentThread()
    wrappers = Shiboken.getAllValidWrappers()
    return [found for found in wrappers if isinstance(found, QThread) and found is not main and found.isRunning()]
