"""``python -m tests.benchmarks.gpu --device cuda``: is this GPU computed on rightly, and how fast.

The sections run in a process of their own. Where it ends before they do, by a driver's abort or a section that
hangs, those that are left go on in another one. Lines are printed at once and written to ``OUT/gpu.jsonl``, the
program's log to ``OUT/gpu.log``; a table for README.md comes last, and to ``OUT/gpu.md``. On a processor with
``--device cpu --tiny`` the whole script is rehearsed in minutes. What users run is ``emulsion doctor --measure``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.startup.environment import set_environment
from tests.benchmarks.gpu.table import table

KEYS = ("0", "A1", "A2", "A3", "B1", "B2", "B3", "B4", "B5", "A4", "B6", "B7", "B8")
LEAST_SECONDS = 20.0
"""In which another process can begin and do something."""

GRACE_SECONDS = 30.0
"""For the line at which a section finds that its time is over."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 1 if a mark was missed or a section failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.gpu", description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="tiny models, which rehearse every section")
    parser.add_argument("--seconds", type=float, default=440.0, help="time for all (default: %(default)s)")
    parser.add_argument("--only", nargs="+", choices=KEYS, default=list(KEYS), metavar="SECTION")
    parser.add_argument("--out", type=Path, default=Path("gpu-benchmark"))
    parser.add_argument("--models", type=Path, help="keep the models that are made here, 10 GB (default: none)")
    options = parser.parse_args(arguments)
    set_environment(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        fixed = ["--device", options.device, *["--tiny"] * options.tiny, "--models", str(options.models or folder)]
        command = [sys.executable, "-m", "tests.benchmarks.gpu.sections", *fixed]
        records = supervised(command, options.only, options.out, options.seconds)
    words = table(records)
    (options.out / "gpu.md").write_text(words, "utf-8")
    print(f"\n{words}")
    return int(any(record["ok"] is False for record in records))


def supervised(command: Sequence[str], keys: Sequence[str], out: Path, seconds: float) -> list[dict[str, Any]]:
    """Runs the sections by ``command``, in as many processes as that takes, and returns the records of all lines.

    Each process gets ``--out``, ``--seconds`` and ``--only``, and adds its records to ``OUT/gpu.jsonl``.
    """
    out.mkdir(parents=True, exist_ok=True)
    file, ends, left = out / "gpu.jsonl", time.monotonic() + seconds, list(keys)
    file.write_bytes(b"")
    while left and (more := ends - time.monotonic()) > LEAST_SECONDS:
        this = [*command, "--out", str(out), "--seconds", str(more), "--only", *left]
        try:
            how = f"code {subprocess.call(this, timeout=more + GRACE_SECONDS)}"
        except subprocess.TimeoutExpired:
            how = "the time"
        except KeyboardInterrupt:
            break
        records = _records(file)
        begun = {record["section"] for record in records}.intersection(left)
        ended = {record["section"] for record in records if record["name"] in ("took", "left out")}
        for key in begun - ended if begun else left[:1]:
            line = {"section": key, "name": "failed", "value": f"its process was ended by {how}", "unit": ""}
            with file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps({**line, "ok": False}) + "\n")
            print(f"{key:3} {line['value']}", flush=True)
        if not begun:  # the next one would not begin either
            break
        left = [key for key in left if key not in begun]
    return _records(file)


def _records(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


if __name__ == "__main__":
    sys.exit(main())
