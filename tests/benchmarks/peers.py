"""Whole pictures of one model, beside what people would take instead: ``python -m tests.benchmarks.peers``.

Stable Diffusion 1.5 and XL with random weights, which cost what trained ones cost, and the starter model, on the
processor. Each side runs in a process of its own as its users start it, in turns; figures are medians over the
turns. They mean little while anything else runs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from core.paths import resources
from core.request.request import STARTER_MODEL
from tests.benchmarks.random_models import stable_diffusion_15, stable_diffusion_xl

MODELS = {"sd15": stable_diffusion_15, "sdxl": stable_diffusion_xl}
SIDES = ("ours", "stock")


def side(name: str, model: Path, arguments: argparse.Namespace, latents: Path) -> dict[str, float]:
    size, steps, rounds = str(arguments.size), str(arguments.steps), str(arguments.pictures)
    command = [sys.executable, "-m", "tests.benchmarks.peers_side", name, str(model), size, steps, rounds]
    answer = subprocess.run(
        [*command, arguments.dtype, str(latents)], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    return json.loads(answer.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.peers", description=__doc__)
    parser.add_argument("--model", choices=("starter", *MODELS), default="sd15")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5, help="processes of each side")
    parser.add_argument("--pictures", type=int, default=1, help="pictures of each process, after the first")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--folder", type=Path, help="where the random checkpoints lie, and stay")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = arguments.folder or Path(temporary)
        model = resources() / STARTER_MODEL
        if arguments.model in MODELS:
            model = folder / f"{arguments.model}-{arguments.dtype}"
            if not model.exists():
                MODELS[arguments.model](model, getattr(torch, arguments.dtype))
        told: dict[str, list[dict[str, float]]] = {name: [] for name in SIDES}
        latents = {name: Path(temporary) / f"{name}.npy" for name in SIDES}
        for _ in range(arguments.rounds):
            for name in SIDES:
                told[name].append(side(name, model, arguments, latents[name]))
        report(told, *(np.load(path).squeeze() for path in latents.values()))


def report(told: dict[str, list[dict[str, float]]], ours: np.ndarray, stock: np.ndarray) -> None:
    medians = {
        name: {key: statistics.median(one[key] for one in sides) for key in sides[0]}
        for name, sides in told.items()
    }
    for key, theirs in medians["stock"].items():
        mine = medians["ours"][key]
        unit, scale = ("GiB", 2**30) if key == "peak" else ("s", 1)
        print(f"{key:8} ours {mine / scale:8.3f} {unit}  stock {theirs / scale:8.3f} {unit}  {mine / theirs:.3f}")
    print(
        f"largest relative difference of the final latents {np.abs(ours - stock).max() / np.abs(stock).max():.1e}"
    )


if __name__ == "__main__":
    main()
