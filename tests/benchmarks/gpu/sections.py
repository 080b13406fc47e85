"""All sections of the benchmark, run in this process: ``python -m tests.benchmarks.gpu.sections``."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from tests.benchmarks.gpu import exactness, launches, memory, speed
from tests.benchmarks.gpu.bench import Bench, Section, has_graphs, has_own_memory, run

SECTIONS = (
    Section("0", 20, exactness.describe),
    Section("A1", 60, exactness.samplers),
    Section("A2", 25, exactness.precisions),
    Section("A3", 40, exactness.process),
    Section("B1", 65, speed.speed),
    Section("B2", 15, speed.anatomy),
    Section("B3", 25, speed.lock),
    Section("B4", 45, launches.graphs, has_graphs),
    Section("B5", 30, launches.variants),
    Section("A4", 60, memory.memory),
    Section("B6", 100, speed.stable_diffusion_xl),
    Section("B7", 35, speed.rest),
    Section("B8", 90, launches.compiler, has_own_memory),
)


def main(arguments: Sequence[str]) -> int:
    """Returns 1 if a mark was missed or a section failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.gpu.sections", description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--seconds", type=float, default=440.0)
    parser.add_argument("--only", nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(filename=options.out / "gpu.log", level=logging.INFO)
    device = torch.device(options.device)
    device = torch.device(device.type, device.index or 0) if device.type in ("cuda", "xpu") else device
    with tempfile.TemporaryDirectory() as folder:
        ends = time.monotonic() + options.seconds
        bench = Bench(device, options.tiny, options.models, Path(folder), options.out, ends)
        return run(bench, tuple(section for section in SECTIONS if section.key in options.only))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
