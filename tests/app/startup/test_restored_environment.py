from __future__ import annotations

import sys

import pytest

from app.startup.environment import restore_environment

BUNDLE = "/opt/emulsion/_internal"


def test_what_the_bundle_set_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", BUNDLE, raising=False)
    environment = {
        "LD_LIBRARY_PATH": BUNDLE,
        "LD_LIBRARY_PATH_ORIG": "/home/me/lib",
        "QT_PLUGIN_PATH": f"{BUNDLE}/PySide6/Qt/plugins",
        "PATH": "/usr/bin",
    }
    restore_environment(environment)
    assert environment == {"LD_LIBRARY_PATH": "/home/me/lib", "PATH": "/usr/bin"}


def test_a_variable_that_was_not_there_before_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", BUNDLE, raising=False)
    environment = {"LD_LIBRARY_PATH": BUNDLE, "QT_PLUGIN_PATH": "/home/me/plugins"}
    restore_environment(environment)
    assert environment == {"QT_PLUGIN_PATH": "/home/me/plugins"}


def test_a_program_that_is_not_frozen_leaves_the_environment_alone() -> None:
    environment = {"LD_LIBRARY_PATH": BUNDLE}
    restore_environment(environment)
    assert environment == {"LD_LIBRARY_PATH": BUNDLE}
