"""Whole pictures of one model, beside what people would take instead: ``python -m tests.benchmarks.peers``.

Stable Diffusion 1.5 and XL with random weights, which cost what trained ones cost, and the starter model, on the
processor. Each side runs in a process of its own as its users start it, in turns; figures are medians over the
turns. They mean little while anything else runs. ComfyUI and stable-diffusion.cpp take part where they are named.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import torch

from core.paths import resources
from core.request.request import STARTER_MODEL
from tests import original_names
from tests.benchmarks.other_programs import comfy_ui, stable_diffusion_cpp
from tests.benchmarks.random_models import stable_diffusion_15, stable_diffusion_xl
from tests.packages_of_users import keep_bytecode

MODELS = {"sd15": stable_diffusion_15, "sdxl": stable_diffusion_xl}
WRITERS = {"sd15": original_names.stable_diffusion_1, "sdxl": original_names.stable_diffusion_xl}
SIDES = ("ours", "stock")


def side(
    name: str, model: Path, arguments: argparse.Namespace, latents: Path, dtype: str = ""
) -> dict[str, float]:
    size, steps, rounds = str(arguments.size), str(arguments.steps), str(0 if dtype else arguments.pictures)
    command = [sys.executable, "-m", "tests.benchmarks.peers_side", name, str(model), size, steps, rounds]
    answer = subprocess.run(
        [*command, dtype or arguments.dtype, str(latents)], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    return json.loads(answer.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.peers", description=__doc__)
    parser.add_argument("--model", choices=("starter", *MODELS), default="sd15")
    parser.add_argument("--size", type=int, help="pixels of a side (default: 512; 128 for the starter model)")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5, help="processes of each side")
    parser.add_argument("--pictures", type=int, default=1, help="pictures of each process, after the first")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--exact", action="store_true", help="compare latents with those of float64, too")
    parser.add_argument("--folder", type=Path, help="where the random checkpoints lie, and stay")
    parser.add_argument("--comfy-ui", type=Path, help="a checkout of ComfyUI, whose environment is venv or .venv")
    parser.add_argument("--sd-cli", type=Path, help="the program sd-cli of stable-diffusion.cpp")
    arguments = parser.parse_args()
    arguments.size = arguments.size or (512 if arguments.model in MODELS else 128)
    keep_bytecode()
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = arguments.folder or Path(temporary)
        model = resources() / STARTER_MODEL
        if arguments.model in MODELS:
            model = folder / f"{arguments.model}-{arguments.dtype}"
            if not model.exists():
                MODELS[arguments.model](model, getattr(torch, arguments.dtype))
        latents = {name: Path(temporary) / f"{name}.npy" for name in SIDES}
        sides: dict[str, Callable[[], dict[str, float]]] = {
            name: partial(side, name, model, arguments, latents[name]) for name in SIDES
        }
        sides |= others(arguments, model, Path(temporary))
        told: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
        for _ in range(arguments.rounds):
            for name, run in sides.items():
                told[name].append(run())
        report(told)
        if arguments.exact:
            latents["float64"] = Path(temporary) / "float64.npy"
            side("stock", model, arguments, latents["float64"], "float64")
        tell_differences({name: np.load(path).squeeze() for name, path in latents.items()})


def others(
    arguments: argparse.Namespace, model: Path, temporary: Path
) -> dict[str, Callable[[], dict[str, float]]]:
    """Returns the other programs that are there; they take a single file, which is written once."""
    if not (arguments.comfy_ui or arguments.sd_cli):
        return {}
    if arguments.model not in WRITERS:
        raise SystemExit(f"other programs read no single file of {arguments.model}")
    file = (arguments.folder or temporary).absolute() / f"{arguments.model}-{arguments.dtype}.safetensors"
    if not file.exists():
        WRITERS[arguments.model](model, file)
    size, steps = arguments.size, arguments.steps
    found: dict[str, Callable[[], dict[str, float]]] = {}
    if arguments.comfy_ui:
        comfy = partial(comfy_ui, arguments.comfy_ui.absolute(), file, size, steps)
        found["ComfyUI"] = lambda: asdict(comfy(arguments.pictures, arguments.dtype))
    if arguments.sd_cli:
        cpp = partial(stable_diffusion_cpp, arguments.sd_cli.absolute(), file, size, steps)
        found["sd.cpp"] = lambda: asdict(cpp(torch.get_num_threads(), temporary / "cpp.png"))
    return found


def report(told: dict[str, list[dict[str, float]]]) -> None:
    """Prints the median of each figure, and in brackets ours as a part of each other one."""
    medians = {
        name: {key: statistics.median(one[key] for one in sides) for key in sides[0]}
        for name, sides in told.items()
    }
    for key, mine in medians["ours"].items():
        unit, scale = ("GiB", 2**30) if key == "peak" else ("s", 1)
        theirs = (
            f"{name} {values[key] / scale:8.3f} ({f'{mine / values[key]:.3f}' if values[key] else '-':>5})"
            for name, values in medians.items()
            if name != "ours"
        )
        print(f"{key:8} ours {mine / scale:8.3f} {unit:3}  {'  '.join(theirs)}")


def tell_differences(latents: dict[str, np.ndarray]) -> None:
    """Prints how far final latents are apart: that of float32 from float64 is the measure of the others."""
    for one, other in itertools.combinations(latents, 2):
        apart = np.abs(latents[one] - latents[other]).max() / np.abs(latents[other]).max()
        print(f"largest relative difference of the final latents, {one} and {other}: {apart:.1e}")


if __name__ == "__main__":
    main()
