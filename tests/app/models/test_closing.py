"""Closed while a model is downloaded, the program ends at once; the download goes on after the next start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.downloads.record import read_record
from tests.app.programs import ROOT, data_folder, environment_of, log_text
from tests.core.downloads.conftest import NAME, WEIGHTS, small_model
from tests.hub_server import HubServer, Repository
from tests.patience import LONGEST_S

SIZE = 40_000_000

CLOSE_WHILE_IT_DOWNLOADS = """
import os, sys
from pathlib import Path
from PySide6.QtCore import QTimer
from app.startup import application
from app.__main__ import main
from app.models.download_state import Stage

make = application.make_window

def make_driven(program, folders):
    window = make(program, folders)
    service = window.contents.models.widget.service
    notes, part = Path(os.environ["EMULSION_NOTES"]), Path(sys.argv[3])
    looks = QTimer(window, interval=20)
    def look():  # at the disk: while nothing comes, no progress is told
        has_begun = part.exists() and part.stat().st_size >= int(sys.argv[2])
        if has_begun and service.states["small"].stage is Stage.running:
            looks.stop()
            window.close()
    looks.timeout.connect(look)
    looks.start()
    service.completed.connect(lambda key: window.close())
    window.show()
    def begin():
        window.contents.places.show_page(window.contents.models)
        for key in list(service.states):
            notes.write_text(f"{service.states[key].stage.name} {service.states[key].done}")
        service.begin("small", sys.argv[1])
    QTimer.singleShot(0, begin)
    return window

application.make_window = make_driven
sys.exit(main([]))
"""


@pytest.fixture
def server() -> Iterator[HubServer]:
    with HubServer({NAME: Repository(small_model(SIZE))}) as running:
        yield running


def part_of(home: Path) -> Path:
    return data_folder(home) / "models" / "small" / f"{WEIGHTS}.part"


def run(home: Path, server: HubServer, notes: Path, close_at: int) -> subprocess.CompletedProcess[str]:
    environment = {**environment_of(home), "EMULSION_NOTES": str(notes), "HF_ENDPOINT": server.endpoint}
    return subprocess.run(
        [sys.executable, "-c", CLOSE_WHILE_IT_DOWNLOADS, NAME, str(close_at), str(part_of(home))],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_S,
        start_new_session=True,
    )


def test_a_download_is_paused_by_closing_and_goes_on_where_it_was(server: HubServer, tmp_path: Path) -> None:
    home, notes = tmp_path / "home", tmp_path / "notes"
    home.mkdir()
    server.bytes_per_second = 8_000_000  # what comes at once is told once, at its beginning
    server.holds_at = SIZE // 2  # to wait for the rest would never end
    ended = run(home, server, notes, close_at=3_000_000)
    assert ended.returncode == 0, ended.stderr + log_text(home)
    assert not downloads_of(server)
    arrived = part_of(home).stat().st_size
    assert 3_000_000 <= arrived < SIZE
    server.bytes_per_second = server.holds_at = 0
    server.asked.clear()
    ended = run(home, server, notes, close_at=2 * SIZE)
    assert ended.returncode == 0, ended.stderr + log_text(home)
    stage, done = notes.read_text("utf-8").split()
    assert stage == "paused"
    assert int(done) >= arrived
    assert [one.offset for one in server.content_requests(f"{WEIGHTS}?signature=of-the-address")] == [arrived]
    folder = data_folder(home) / "models" / "small"
    record = read_record(folder)
    assert record is not None
    assert record.is_complete(folder)


def downloads_of(server: HubServer) -> list[int]:
    """Processes that still fetch from this hub."""
    found: list[int] = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and server.endpoint in process.cmdline():
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found
