"""A film panel in a window, as tall as the views need."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.film.film_panel import FilmPanel
from app.film.views import VIEWS


@pytest.fixture
def panel(qtbot: QtBot) -> FilmPanel:
    """Shown and empty; all explanations have been read."""
    widget = FilmPanel(explained=tuple(VIEWS))
    qtbot.addWidget(widget)
    widget.resize(900, 600)
    with qtbot.waitExposed(widget):
        widget.show()
    assert widget.film is None
    assert widget.is_following
    return widget


W = TypeVar("W", bound=QWidget)


def found(parent: QWidget, kind: type[W], name: str = "") -> W:
    """The one child of this kind, or of this name."""
    child = parent.findChild(kind, name) if name else parent.findChild(kind)
    assert child is not None
    return child


Heard = list[tuple[object, ...]]


@pytest.fixture
def heard() -> Callable[[object], Heard]:
    """Connects to a signal and gives the growing list of what it carried."""

    def listen(signal: object) -> Heard:
        assert isinstance(signal, SignalInstance)
        calls: Heard = []

        def hear(*values: object) -> None:
            calls.append(values)

        signal.connect(hear)
        return calls

    return listen
