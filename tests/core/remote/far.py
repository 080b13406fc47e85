"""Another computer: this one, reached by the system's ssh and an sshd of our own, with keys made here."""

from __future__ import annotations

import getpass
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from core.models.folders import FixedPlaces
from core.remote.client import RemoteEngine
from core.remote.far_engine import files_of
from core.remote.messages import MakeEngine
from core.remote.ssh import SshSessions
from core.runs.events import Event
from core.runs.operations import Operation
from core.settings.computers import Computer
from tests.core.remote.fake_process import MADE
from tests.core.remote.processes import ROOT
from tests.patience import LONGEST_S

_SSHD = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 100
"""
_SSH = """\
Host studio-pc
  HostName 127.0.0.1
  Port {port}
  User {user}
  IdentityFile {folder}/user
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known
  ControlMaster auto
  ControlPath {folder}/shared
  ControlPersist 60
"""
FOLDERS = ("HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")


@dataclass(frozen=True, slots=True)
class Sshd:
    """An sshd on the loopback, which only the key in its folder opens."""

    folder: Path
    process: subprocess.Popen[bytes]
    port: int

    @property
    def ssh(self) -> tuple[str, ...]:
        return ("ssh", "-F", str(self.folder / "config"))

    def share(self) -> None:
        """Logs in as the user does elsewhere, whose connection all others share that do not refuse it."""
        subprocess.run((*self.ssh, "-f", "-N", "studio-pc"), check=True, stderr=subprocess.DEVNULL)
        assert (self.folder / "shared").exists()

    def end(self) -> None:
        with suppress(psutil.NoSuchProcess):
            for one in psutil.Process(self.process.pid).children(recursive=True):
                one.kill()
        self.process.kill()
        self.process.wait()


def start_sshd(folder: Path) -> Sshd:
    """Starts it; the tests need the package ``openssh-server``."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    assert program is not None, "these tests need sshd: on Debian and Ubuntu, sudo apt install openssh-server"
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # it refuses to start without
    for name in ("host", "user"):
        command = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name))
        subprocess.run(command, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {"folder": folder, "port": port, "user": getpass.getuser()}
    (folder / "sshd").write_text(_SSHD.format(**told))
    (folder / "config").write_text(_SSH.format(**told))
    key = (folder / "host.pub").read_text().split()[:2]
    (folder / "known").write_text(f"[127.0.0.1]:{port} {' '.join(key)}\n")
    process = subprocess.Popen((program, "-D", "-e", "-f", str(folder / "sshd")), stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        time.sleep(0.02)
    return Sshd(folder, process, port)


def command_of(home: Path, *module: str) -> str:
    """Returns what starts Emulsion there, with all its files in ``home``."""
    folders = (f"{name}={home}" for name in FOLDERS)
    variables = ("OMP_NUM_THREADS=1", f"PYTHONPATH={ROOT}", f"{MADE}={home / 'made'}", *folders)
    return f"cd {shlex.quote(str(ROOT))}; {shlex.join(('env', *variables, sys.executable, '-m', *module))}"


def local_ssh(folder: Path) -> Path:
    """Returns a folder with a program ``ssh`` that goes nowhere: what is asked for is done here."""
    script = folder / "ssh"
    script.write_text('#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
    script.chmod(0o755)
    return folder


def away_while(folder: Path) -> Path:
    """Returns an ssh that finds no network while the file ``away`` is there."""
    script = folder / "ssh"
    script.write_text(
        f"#!/bin/sh\n[ -e {folder}/away ] && echo 'ssh: connect to host: Network is unreachable' >&2 && exit 255\n"
        'exec ssh "$@"\n'
    )
    script.chmod(0o755)
    return script


class SendingEngine(RemoteEngine):
    """Sends the files that an operation reads, as `core.remote.far_engine.FarEngine` does."""

    def run(self, operation: Operation[Any], files: Sequence[Path] = ()) -> Generator[Event, None, None]:
        yield from super().run(operation, (*files, *files_of(operation)))


class FarEngines:
    """Begins engines on the other computer, in sessions whose line can be cut.

    Attributes:
        home: of the user there.
    """

    def __init__(self, home: Path, ssh: tuple[str, ...], *module: str, gives_up_s: float = LONGEST_S) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.sessions = SshSessions(Computer("studio-pc", command_of(home, *module)), ssh, gives_up_s)

    def engine(self, device: str = "cpu", stops_within_s: float = 5.0) -> RemoteEngine:
        return SendingEngine(self.sessions, MakeEngine(device, "float32"), FixedPlaces, stops_within_s)

    def cut(self) -> None:
        """Cuts the line, as an access point does that is turned off."""
        self.sessions.cut()

    def waited_for_events(self, count: int) -> bool:
        """Waits until a fake engine has made so many events there. Returns False if it does not."""
        deadline = time.monotonic() + LONGEST_S
        while (size := (self.home / "made").stat().st_size) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        return size >= count

    def processes(self) -> list[int]:
        """Returns the processes of Emulsion over there."""
        found = list[int]()
        for one in psutil.process_iter():
            with suppress(psutil.Error):
                if one.status() != psutil.STATUS_ZOMBIE and one.environ().get("HOME") == str(self.home):
                    found.append(one.pid)
        return found

    def waited_for_the_end(self) -> bool:
        """Waits until no process is left over there. Returns False if one stays."""
        deadline = time.monotonic() + LONGEST_S
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.05)
        return not self.processes()
