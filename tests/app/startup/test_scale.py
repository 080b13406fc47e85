"""The scale of the interface: from the settings, unless the environment says otherwise, and not for others."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
import os, sys
from app.startup.application import SCALE, scaled_application
application = scaled_application(int(sys.argv[1]), os.environ)
print(application.primaryScreen().devicePixelRatio(), os.environ.get(SCALE))
"""


@pytest.mark.parametrize(
    ("percent", "own", "expected"),
    [(100, None, "1.0 None"), (150, None, "1.5 None"), (9, None, "0.5 None"), (150, "2", "2.0 2")],
)
def test_the_scale_is_set_once_for_this_program(percent: int, own: str | None, expected: str) -> None:
    environment = os.environ | ({} if own is None else {"QT_SCALE_FACTOR": own})
    command = [sys.executable, "-c", SCRIPT, str(percent)]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == expected
