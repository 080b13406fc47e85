"""However many copies start at once, one owns the library. ``EMULSION_STARTS=50`` for the long run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

STARTS = int(os.environ.get("EMULSION_STARTS", "5"))

RUN = """
import sys
from pathlib import Path
from core.errors import LibraryInUse
from core.gallery.gallery import Gallery
from core.paths import Folders

root = Path(sys.argv[1])
folders = Folders(*(root / name for name in ("pictures", "models", "data", "config", "cache", "logs")))
sys.stdin.readline()  # all wait for the same signal
try:
    gallery = Gallery(folders, folders.pictures)
except LibraryInUse:
    print("in use", flush=True)
else:
    print("owner", flush=True)
sys.stdin.readline()
"""


def test_one_copy_owns_the_library(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RUN, str(tmp_path)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        for _ in range(STARTS)
    ]
    try:
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
        answers: list[str] = []
        for process in processes:
            assert process.stdout is not None
            answers.append(process.stdout.readline().strip())
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    assert sorted(answers) == ["in use"] * (STARTS - 1) + ["owner"]
