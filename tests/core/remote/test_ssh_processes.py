"""Processes of ssh: none is shared with the user's other ones, and none is waited for that comes to nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

from core.remote.ssh import BEGINS_WITHIN_S, SshConnection, SshSessions
from core.runs.events import Stepped
from core.runs.operations import Generate
from core.settings.computers import Computer
from tests.core.remote.far import FarEngines, Sshd
from tests.core.remote.test_ssh import FAKE, REQUEST, fake_ssh
from tests.patience import LONGEST_S


def test_a_cut_line_comes_back_where_the_user_shares_connections(sshd: Sshd, tmp_path: Path) -> None:
    sshd.share()
    far = FarEngines(tmp_path / "home", sshd.ssh, FAKE)
    remote, steps = far.engine("0.01"), list[int]()
    for event in remote.run(Generate(REQUEST)):
        if isinstance(event, Stepped):
            steps.append(event.frame.call)
            if event.frame.call == 2:
                far.cut()
    assert steps == list(range(REQUEST.steps))
    remote.close()
    assert far.waited_for_the_end()


class LateSessions(SshSessions):
    """Starts the ssh that is to come back only after the newest one was ended."""

    def __init__(self, ssh: Sequence[str]) -> None:
        super().__init__(Computer("studio-pc"), ssh)
        self.comes_back, self.is_cut = threading.Event(), threading.Event()

    def connected(self, *, is_again: bool) -> SshConnection:
        if is_again:
            self.comes_back.set()
            self.is_cut.wait(LONGEST_S)
        return super().connected(is_again=is_again)

    def cut(self) -> None:
        super().cut()
        self.is_cut.set()


def test_leaving_does_not_wait_for_an_ssh_that_comes_to_nothing(tmp_path: Path) -> None:
    first = f"[ -e {tmp_path}/begun ] && exec sleep 1000; touch {tmp_path}/begun"
    ssh = fake_ssh(tmp_path, first, r"printf '\nEMULSION LINE 1 new\n'")
    peer = (sessions := LateSessions(ssh))()
    assert sessions.comes_back.wait(LONGEST_S)
    began = time.monotonic()
    peer.end(0.0)
    assert time.monotonic() - began < BEGINS_WITHIN_S / 2
