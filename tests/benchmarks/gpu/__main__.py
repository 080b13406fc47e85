"""``python -m tests.benchmarks.gpu --device cuda``: each section starts only if its time is left.

Lines are printed at once, and written to ``OUT/gpu.jsonl``. On a processor with ``--device cpu --tiny`` the whole
script is rehearsed in seconds. What users run is ``emulsion doctor --measure``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import torch

from tests.benchmarks.gpu import exactness, launches, memory, speed
from tests.benchmarks.gpu.bench import Bench, Section, run

SECTIONS = (
    Section("0", 20, exactness.describe),
    Section("A1", 60, exactness.samplers),
    Section("A2", 20, exactness.precisions),
    Section("A3", 35, exactness.process),
    Section("B1", 65, speed.speed),
    Section("B2", 15, speed.anatomy),
    Section("B3", 25, speed.lock),
    Section("B4", 45, launches.graphs),
    Section("B5", 40, launches.variants),
    Section("A4", 60, memory.memory),
    Section("B6", 110, speed.stable_diffusion_xl),
    Section("B7", 30, speed.rest),
    Section("B8", 90, launches.compiler, ("cuda", "xpu")),
)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.gpu", description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="tiny models, which rehearse every section")
    parser.add_argument("--seconds", type=float, default=440.0, help="time for all (default: %(default)s)")
    parser.add_argument("--only", nargs="+", default=[section.key for section in SECTIONS])
    parser.add_argument("--out", type=Path, default=Path("gpu-benchmark"))
    options = parser.parse_args(arguments)
    ends = time.monotonic() + options.seconds
    device = torch.device(options.device)
    device = torch.device(device.type, device.index or 0) if device.type in ("cuda", "xpu") else device
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(device, options.tiny, Path(folder), options.out, ends)
        return run(bench, tuple(section for section in SECTIONS if section.key in options.only))


if __name__ == "__main__":
    sys.exit(main())
