from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from core.paths import Folders
from tests.app.cli.commands.conftest import Answer
from tests.patience import LONGEST_S

Run = Callable[..., Answer]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--host", "0.0.0.0"), "--open-to-network"),
        (("--host", "192.168.1.5"), "--open-to-network"),
        (("--port", "65536"), "65535"),
        (("--model", "none"), "none"),
        (("--host", "no such host", "--open-to-network"), "no such host"),
    ],
)
def test_what_cannot_be_served_is_told(run: Run, arguments: tuple[str, ...], told: str) -> None:
    answer = run("serve", *arguments)
    assert (answer.code, answer.output) == (2, "")
    assert told in answer.errors


if sys.platform != "win32":  # where Ctrl+C for one program is sent differently

    def test_the_first_start_prints_a_line_to_paste_the_second_none_and_ctrl_c_ends_it(home: Path) -> None:
        for is_first in (True, False):
            program = [sys.executable, "-m", "app", "serve", "--port", "0", "--no-save"]
            with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
                assert process.stderr is not None
                lines = [process.stderr.readline(), process.stderr.readline()]
                address = re.search(r"http://127\.0\.0\.1:\d+", lines[1])
                assert address is not None
                token = (Folders.default().config / "serve-token").read_text().strip()
                headers = {"Authorization": f"Bearer {token}"}
                request = urllib.request.Request(f"{address[0]}/v1/models", headers=headers)
                with urllib.request.urlopen(request) as answer:
                    assert b"starter-model" in answer.read()
                process.send_signal(signal.SIGINT)
                output, errors = process.communicate(timeout=LONGEST_S)
            assert output == (
                f"export OPENAI_BASE_URL={address[0]}/v1 OPENAI_API_KEY={token}\n" if is_first else ""
            )
            assert (process.returncode, errors) == (0, "")
