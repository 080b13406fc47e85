"""The program as it starts: what it must not import, and that it can be put together and taken down."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "diffusers", "transformers", "accelerate", "psutil", "scipy")

START_AND_CLOSE = """
import json, sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from app.application import make_window
from core.paths import Folders
application = QApplication([])
window = make_window(application, Folders(*(Path(sys.argv[1]) / name for name in Folders.__dataclass_fields__)))
window.show()
application.processEvents()
imported = sorted({name.split(".")[0] for name in sys.modules})
window.close()
print(json.dumps({"imported": imported, "ended": window.ended_in_time, "model": window.studio.draft.model}))
"""


def test_the_window_opens_without_the_heavy_libraries_and_leaves_nothing_running(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-c", START_AND_CLOSE, str(tmp_path)],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert process.returncode == 0, process.stderr
    result = json.loads(process.stdout)
    assert not set(HEAVY) & set(result["imported"])
    assert result["ended"]
    assert result["model"] == "starter-model"
