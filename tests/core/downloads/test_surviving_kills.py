"""A download that is killed, again and again, arrives: never from zero, with the right SHA-256.

The ordinary suite takes a small file and few kills; EMULSION_KILLS and EMULSION_MEGABYTES ask for more.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.core.downloads.conftest import NAME, WEIGHTS, small_model
from tests.hub_server import HubServer, Repository
from tests.patience import LONGEST_S

ROOT = Path(__file__).resolve().parents[3]
KILLS = int(os.environ.get("EMULSION_KILLS", "3"))
MEGABYTES = int(os.environ.get("EMULSION_MEGABYTES", "24"))


def start(server: HubServer, home: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / "data")}
    command = [sys.executable, "-m", "app", "models", "download", NAME, "--json", "--endpoint", server.endpoint]
    return subprocess.Popen(
        [*command, "--token-stdin"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )


def length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def test_it_arrives(tmp_path: Path) -> None:
    size = MEGABYTES * 10**6
    folder = tmp_path / "data" / "Emulsion" / "models" / "small"
    part = folder / f"{WEIGHTS}.part"
    with HubServer({NAME: Repository(small_model(size))}) as server:
        offsets: list[int] = []
        for number in range(KILLS):
            wanted = size * (number + 1) // (KILLS + 1)
            server.holds_at = (wanted + size) // 2  # so that it does not arrive before it is killed
            running = start(server, tmp_path)
            until = time.monotonic() + LONGEST_S
            while length(part) < wanted and time.monotonic() < until and running.poll() is None:
                time.sleep(0.005)
            assert running.poll() is None
            running.kill()
            running.communicate()
            offsets.append(length(part))
            assert not (folder / WEIGHTS).exists()
        server.holds_at = 0
        running = start(server, tmp_path)
        output, _ = running.communicate(timeout=LONGEST_S)
        assert running.returncode == 0, output
        begun = [one.offset for one in server.content_requests(f"{WEIGHTS}?signature=of-the-address")]
        assert begun == [0, *offsets]
        with (folder / WEIGHTS).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        assert found == server.repositories[NAME].files[WEIGHTS].sha256()
        assert not part.exists()
