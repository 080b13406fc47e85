from __future__ import annotations

import subprocess
import sys

LOAD = """
import sys
from pathlib import Path
from app.startup.engine_imports import load_torch_library
load_torch_library()
assert "torch" not in sys.modules
print(sys.platform != "linux" or "libtorch_cpu.so" in Path("/proc/self/maps").read_text())
import torch
print(float(torch.ones(3).sum()))
"""


def test_torchs_library_is_loaded_before_torch_and_used_by_it() -> None:
    process = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=False)
    assert process.stdout.split() == ["True", "3.0"], process.stderr
