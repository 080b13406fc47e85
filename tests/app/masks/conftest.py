"""An open editor in a window."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from app.masks.editor import MaskEditor
from app.widgets.pixels import to_image
from app.widgets.theme import LIGHT
from tests.app.masks.hand import HEIGHT, WIDTH


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    """A window with a command for Ctrl+Z of its own, which must not take the key from the painter."""
    window = QMainWindow()
    undo = QAction("Undo", window)
    undo.setShortcut(QKeySequence("Ctrl+Z"))
    window.addAction(undo)
    qtbot.addWidget(window)
    return window


@pytest.fixture
def editor(window: QMainWindow) -> MaskEditor:
    editor = MaskEditor(LIGHT)
    window.setCentralWidget(editor)
    window.resize(900, 640)
    window.show()
    editor.open(to_image(np.full((HEIGHT, WIDTH, 3), 90, np.uint8)), None)
    editor.view.setFocus()
    assert editor.levels is None
    return editor
