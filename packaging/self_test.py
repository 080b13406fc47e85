"""Tests a frozen program from outside: is it whole, does it draw what the checkout draws, does its window open.

``python packaging/self_test.py PROGRAM`` runs it again, in an environment with the libraries.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import product

PROMPT = "a red house by the sea at sunset"
STEPS = 6
WINDOW_OPEN_S = 4.0
ENOUGH_S = 180.0


def run(program: Path) -> None:
    """Runs the frozen program. Raises AssertionError or CalledProcessError if it is not as it should be."""
    with tempfile.TemporaryDirectory(prefix="Emulsion ü ") as folder:
        home = Path(folder, "home")
        home.mkdir()
        frozen, checkout = [str(program)], [sys.executable, "-P", "-m", "app"]
        assert _ask(frozen, home, "--version").strip() == f"Emulsion {product.version()}"
        parts = _ask(frozen, home, "doctor", "--parts")
        assert parts.rstrip().endswith("Broken parts\n  none"), parts
        for model in (None, *_tiny_models(Path(folder))):
            pictures = [
                _picture(start, home, Path(folder, f"{name}.png"), model)
                for name, start in (("frozen", frozen), ("checkout", checkout))
            ]
            assert pictures[0] == pictures[1], f"another picture than the checkout: {model or 'starter model'}"
            print(
                f"   the frozen program draws the pixels of the checkout: {model or 'starter model'}", flush=True
            )
        if os.name != "nt":
            _open_and_close(frozen, home)


def _tiny_models(folder: Path) -> list[Path]:
    """Makes a model of each family with random weights, by the tests' own functions."""
    sys.path.insert(0, str(product.ROOT))
    from core.families import FAMILIES
    from tests.tiny_families import TINY_MODELS

    return [one.make(folder / name) for name, one in TINY_MODELS.items() if one.family in FAMILIES]


def _picture(start: list[str], home: Path, path: Path, model: Path | None) -> bytes:
    chosen = ["--model", str(model), "--size", "256x256"] if model else []
    prompt, options = PROMPT, ["--seed", "7", "--steps", str(STEPS), "--device", "cpu", "--dtype", "float32"]
    _ask(start, home, "generate", prompt, *options, *chosen, "-o", str(path))
    from PIL import Image

    with Image.open(path) as picture:
        pixels = picture.convert("RGB").tobytes()
    path.unlink()
    return pixels


def _ask(start: list[str], home: Path, *arguments: str) -> str:
    done = subprocess.run(
        [*start, *arguments], cwd=home, env=_environment(home), capture_output=True, timeout=ENOUGH_S, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join([*start, *arguments])} ended with {done.returncode}:\n{done.stderr.decode()}")
    return done.stdout.decode()


def _open_and_close(start: list[str], home: Path) -> None:
    process = subprocess.Popen(start, cwd=home, env=_environment(home) | {"QT_QPA_PLATFORM": "offscreen"})
    time.sleep(WINDOW_OPEN_S)
    assert process.poll() is None, f"the window ended by itself with {process.returncode}"
    process.send_signal(signal.SIGTERM)
    assert process.wait(ENOUGH_S) == 0, f"the window ended with {process.returncode}"
    print("   the window opens and closes", flush=True)


def _environment(home: Path) -> dict[str, str]:
    folders = {"HOME": str(home), "USERPROFILE": str(home), "LOCALAPPDATA": str(home), "APPDATA": str(home)}
    return {**os.environ, **folders, "PYTHONPATH": str(product.ROOT)}


if __name__ == "__main__":
    run(Path(sys.argv[1]).resolve())
