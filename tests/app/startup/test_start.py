from __future__ import annotations

import pytest

from app.__main__ import NO_HOME, main
from core.paths import Folders


def no_folders() -> Folders:
    raise RuntimeError("could not determine the home directory for '~/.local/share'")


def test_without_a_home_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Folders, "default", no_folders)
    assert main(["doctor"]) == 1
    assert capsys.readouterr().err == f"emulsion: {NO_HOME}\n"
