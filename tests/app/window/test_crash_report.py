from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.app.windows import Opened, open_window, opened

__all__ = ["open_window", "opened"]


def test_diagnostics_are_copied_from_the_menu(opened: Opened, qtbot: QtBot) -> None:
    opened.action("Copy diagnostics").trigger()
    assert "not chosen yet" in QGuiApplication.clipboard().text()
    assert "copied" in opened.subjects
    QGuiApplication.clipboard().clear()


def test_a_crash_is_offered_with_its_report(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    crash = tmp_path / "last-crash.log"
    crash.write_text("Fatal Python error: Aborted", "utf-8")
    opened.window.contents.crash_report.offer_crash(crash)
    assert opened.subjects == ("crashed",)
    button = opened.child("copyReportButton")
    assert isinstance(button, QPushButton)
    button.click()
    assert "Fatal Python error: Aborted" in QGuiApplication.clipboard().text()
    assert opened.subjects == ("copied",)
    QGuiApplication.clipboard().clear()
