"""Measures time and memory of loading a checkpoint: the engine and diffusers, a process for each.

Called by ``python -m tests.benchmarks.engine``; until the prompt is encoded, with all imports done before.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.checkpoints.cache import CheckpointCache
from core.engine.engine import Engine
from core.models.catalogue import Catalogue
from core.request.request import GenerationRequest, Size
from core.runs.events import PreviewMode, Started, Stepped
from core.runs.operations import Generate
from tests.benchmarks.stock import Stock


@dataclass(frozen=True, slots=True)
class Loaded:
    """Seconds until the prompt is encoded, and by how much the process has grown after a step, in bytes."""

    seconds: float
    bytes: int


def loaded(side: str, folder: Path, name: str) -> Loaded:
    """``side``: ``ours`` or ``stock``; in a new process."""
    command = [sys.executable, "-m", __spec__.name, side, str(folder), name]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return Loaded(**json.loads(answer.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.loading", description=__doc__)
    parser.add_argument("side", choices=("ours", "stock"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("name")
    arguments = parser.parse_args()
    memory = CheckpointCache(arguments.folder / "hashes.json")  # hashing is done once for each file
    engine = Engine(Catalogue((arguments.folder,), memory), device="cpu")
    request = GenerationRequest("a house", model=arguments.name, size=Size(256, 256), steps=1, seed=7)
    process = psutil.Process()
    before, began = process.memory_info().rss, time.perf_counter()
    if arguments.side == "ours":
        events = engine.run(Generate(request, PreviewMode.linear))
        next(event for event in events if isinstance(event, Started))
        seconds = time.perf_counter() - began
        next(event for event in events if isinstance(event, Stepped))
    else:
        stock = Stock(arguments.folder / arguments.name, engine.plan.dtype)
        stock.encode(request)
        seconds = time.perf_counter() - began
        stock.step_seconds(request)
    print(json.dumps({"seconds": seconds, "bytes": process.memory_info().rss - before}))


if __name__ == "__main__":
    main()
