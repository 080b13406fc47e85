"""Makes the starter model on a GPU: ``python3 packaging/train_on_gpu.py``; a later call goes on where it stopped.

Needs Python and a torch that sees the GPU; whatever else the training imports is installed into an environment of
its own beside the run, from the package index or, without a network, from a folder of wheels. Neither Qt nor the
rest of the desktop program is needed. Everything that is worth keeping ends up in one folder.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIBRARIES = ("diffusers", "transformers", "safetensors", "numpy", "pillow", "tqdm", "regex", "platformdirs")
KEPT = (
    "model",
    "judged",
    "autoencoder.png",
    "autoencoder.csv",
    "autoencoder-measured.csv",
    "diffusion.csv",
    "samples",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepares, trains, judges and gathers; returns the exit code of the step that failed, or 0."""
    options = _parser().parse_args(arguments)
    python = prepare(options.folder / "environment", options.wheels)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for step in steps(python, options):
        code = subprocess.run(step, cwd=ROOT, env=environment, check=False).returncode
        gather(options.folder, options.kept)
        if code != 0:
            return code
    return 0


def steps(python: Path, options: argparse.Namespace) -> list[list[str]]:
    """Returns the command lines that follow each other."""
    shared = ["--size", options.size, "--folder", str(options.folder), "--device", "cuda"]
    together = ["--processes", str(options.processes)]
    limits = [
        f"--{name}={value}"
        for name, value in (("samples", options.samples), ("seconds", options.seconds))
        if value
    ]
    training = [*together, "--workers", str(max(1, options.processes // 2)), *limits]
    module = [str(python), "-m", "core.training"]
    guidances = ["--guidance", "1", "2", "4", "8"]
    return [[*module, "all", *shared, *training], [*module, "judge", *shared, *together, *guidances]]


def requirements(project: Path) -> list[str]:
    """Returns the libraries of the training beside torch, with the versions of the project."""
    named: list[str] = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    versions = {name: next((line for line in named if line.startswith(name)), name) for name in LIBRARIES}
    return list(versions.values())


def prepare(environment: Path, wheels: Path | None) -> Path:
    """Makes an environment that sees the machine's own torch and holds the rest; returns its Python."""
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        create = [sys.executable, "-m", "venv", "--system-site-packages", str(environment)]
        subprocess.run(create, check=True)
    source = ["--no-index", "--find-links", str(wheels)] if wheels else []
    install = [str(python), "-m", "pip", "install", "--quiet", *source, *requirements(ROOT / "pyproject.toml")]
    subprocess.run(install, check=True)
    return python


def gather(folder: Path, kept: Path) -> None:
    """Copies the results worth keeping from a run's folder; skips those that are missing yet."""
    kept.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        source = folder / name
        if source.is_dir():
            shutil.copytree(source, kept / name, dirs_exist_ok=True)
        elif source.exists():
            shutil.copyfile(source, kept / name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="packaging/train_on_gpu.py", description=__doc__)
    add = parser.add_argument
    add("--size", default="large", help="which settings of core.training (default: %(default)s)")
    add("--folder", type=Path, default=Path("training-runs/gpu"), help="the run's folder (default: %(default)s)")
    add(
        "--kept",
        type=Path,
        default=Path("training-runs/gpu-kept"),
        help="gathers the results (default: %(default)s)",
    )
    add("--wheels", type=Path, help="a folder of wheels to install from, for a machine without a network")
    add("--samples", type=int, help="samples of the diffusion in all (default: that of the settings)")
    add("--seconds", type=float, help="stop each training after so many seconds; the next call goes on")
    add("--processes", type=int, default=os.cpu_count() or 1, help="processes that draw (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
