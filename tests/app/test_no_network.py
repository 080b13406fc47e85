"""From start to quit, with a picture made: the program opens no connection to any network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.app.programs import ROOT, environment_of, log_text

WITHIN_S = 240
CALLS = "connect,sendto,sendmsg,sendmmsg,listen,accept,accept4"
ADDRESS = re.compile(r"(\w+)\(.*sa_family=(AF_\w+)")
LOCAL = ("AF_UNIX", "AF_LOCAL", "AF_UNSPEC")

FORBID_NETWORK = """
import socket, sys
_real = socket.socket
class Guarded(_real):
    def connect(self, address):
        if self.family != socket.AF_UNIX:
            raise SystemExit("a connection to the network was opened")
        super().connect(address)
socket.socket = Guarded
from tests.app.driving import drive
sys.exit(drive(200.0, 1))
"""


def test_no_connection_is_opened_from_start_to_quit_with_a_picture_made(tmp_path: Path) -> None:
    """By strace, which sees every library; where it is not there or may not be used, by Python's own sockets."""
    home, notes, trace = tmp_path / "home", tmp_path / "notes", tmp_path / "trace"
    home.mkdir()
    program = [sys.executable, "-m", "tests.app.driving", "200", "1"]
    strace = ["strace", "-f", "-e", f"trace={CALLS}", "-o", str(trace), *program]
    is_traced = can_trace(tmp_path)
    ended = subprocess.run(
        strace if is_traced else [sys.executable, "-c", FORBID_NETWORK],
        cwd=ROOT,
        env={**environment_of(home), "EMULSION_NOTES": str(notes)},
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_S,
    )
    assert ended.returncode == 0, ended.stderr
    assert "saved " in notes.read_text("utf-8"), log_text(home)
    if is_traced:
        # a socket alone says nothing: urllib3 makes one when it is imported, to see whether there is IPv6
        used = ADDRESS.findall(trace.read_text("utf-8", "replace"))
        assert [(call, family) for call, family in used if family not in LOCAL] == []


def can_trace(folder: Path) -> bool:
    """Whether strace is there and the system lets it look at others."""
    if shutil.which("strace") is None:
        return False
    attempt = ["strace", "-f", "-o", str(folder / "attempt"), sys.executable, "-c", "pass"]
    return subprocess.run(attempt, capture_output=True, check=False, env=dict(os.environ)).returncode == 0
