"""The program as it starts: what it must not import, and that it can be put together and taken down."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.patience import LONGEST_S

ROOT = Path(__file__).resolve().parents[3]
HEAVY = ("torch", "diffusers", "transformers", "accelerate", "psutil", "scipy", "pyqtgraph", "httpx2")

START_AND_CLOSE = """
import gc, json, sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from app.startup.application import make_window
from app.startup.garbage_collection import kept_for_good
from core.paths import Folders
application = QApplication([])
folders = Folders(*(Path(sys.argv[1]) / name for name in Folders.__dataclass_fields__))
with kept_for_good():
    window = make_window(application, folders)
window.show()
application.processEvents()
imported = sorted({name.split(".")[0] for name in sys.modules})
window.close()
told = {"imported": imported, "ended": window.ended_in_time, "model": window.session.draft.model}
print(json.dumps({**told, "searches": gc.isenabled()}))
"""

SHOW_THE_FRAME = """
import json, sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from app.startup import application, single_instance
def note(module):
    window = QApplication.topLevelWidgets()[0]
    print(json.dumps((window.isVisible(), window.windowHandle().isExposed(), sorted(sys.modules))))
    raise SystemExit
application.import_module = note
application.make_window(QApplication([]), application.Folders(*6 * (Path(sys.argv[1]),)))
"""

SIGNAL_TO_END = """
import signal, sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app.startup.application import make_window, show_until_closed
from core.paths import Folders
application = QApplication([])
window = make_window(application, Folders(*(Path(sys.argv[1]) / name for name in Folders.__dataclass_fields__)))
QTimer.singleShot(0, lambda: signal.raise_signal(signal.SIGTERM))
sys.exit(show_until_closed(application, window))
"""


def test_a_signal_to_end_closes_the_window_and_keeps_its_state(tmp_path: Path) -> None:
    assert run_script(SIGNAL_TO_END, tmp_path).returncode == 0
    settings = json.loads((tmp_path / "config" / "settings.json").read_text("utf-8"))
    assert settings["window_geometry"]


def test_the_window_opens_without_the_heavy_libraries_and_leaves_nothing_running(tmp_path: Path) -> None:
    process = run_script(START_AND_CLOSE, tmp_path)
    assert process.returncode == 0, process.stderr
    result = json.loads(process.stdout)
    assert not set(HEAVY) & set(result["imported"])
    assert result["ended"]
    assert not result["searches"], "Python would free Qt's objects in other threads"
    assert result["model"] == "starter-model"


def test_the_window_stands_before_the_program_is_imported(tmp_path: Path) -> None:
    process = run_script(SHOW_THE_FRAME, tmp_path)
    assert process.returncode == 0, process.stderr
    is_visible, is_painted, modules = json.loads(process.stdout)
    assert is_visible
    assert is_painted
    assert not {"numpy", "PIL", "sqlite3", "pyqtgraph", "PySide6.QtNetwork"} & set(modules)
    assert not [name for name in modules if name.startswith(("app.session", "core.request", "core.film"))]


def run_script(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
    )
