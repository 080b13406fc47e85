from __future__ import annotations

import subprocess
import sys

from app.startup.environment import ENVIRONMENT, set_environment


def test_the_network_is_off_whatever_stood_there_before() -> None:
    environment = {"HF_HUB_OFFLINE": "0", "HOME": "/home/me"}
    set_environment(environment)
    assert environment == {**ENVIRONMENT, "HOME": "/home/me"}
    assert environment["HF_HUB_OFFLINE"] == environment["HF_HUB_DISABLE_TELEMETRY"] == "1"


def test_the_program_sets_it_before_the_hub_library_is_imported() -> None:
    code = (
        "import sys, app.__main__; assert 'huggingface_hub' not in sys.modules; app.__main__.main(['--version']); "
        "from huggingface_hub import constants as c; print(c.HF_HUB_OFFLINE, c.HF_HUB_DISABLE_TELEMETRY)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[-1] == "True True"
