"""Pages, dialogs and views in each language, in processes of their own: see `tests.app.window.walk`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.language.choice import LANGUAGES, PSEUDO

WALK = Path(__file__).with_name("walk.py")


@pytest.mark.parametrize("language", [*LANGUAGES, PSEUDO])
def test_every_text_is_translated_and_fits(language: str) -> None:
    environment = os.environ | {"EMULSION_TESTED_LANGUAGE": language}
    environment.pop("PYTEST_XDIST_WORKER", None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(WALK)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
