"""Builds the packages inside the environment that build.py has made: freeze, check, test, make artefacts."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

import icons
import product
import self_test
from linux import artefacts, stripping, system_libraries
from linux.shared_files import validate
from windows import installer

DIST = product.ROOT / "dist"

LARGEST_MB = {"": 800, ".deb": 260, ".gz": 300, ".exe": 300, ".dmg": 300}
"""By the suffix of the file; "" is a folder."""


def main() -> int:
    with_cuda = "--with-cuda" in sys.argv[1:]
    if not with_cuda and _has_cuda():
        sys.exit("pip has installed a torch with CUDA, 3 GB: see packaging/build.py for the small one")
    bundle = freeze()
    made = {"linux": make_for_linux, "darwin": make_for_macos, "win32": make_for_windows}[sys.platform](bundle)
    too_large = [path for path in made if not report(path)]
    return 1 if too_large and not with_cuda else 0


def freeze() -> Path:
    """Runs PyInstaller; returns the folder of the program, on macOS the app."""
    say("PyInstaller freezes the program; this takes minutes")
    options = [
        "--noconfirm",
        "--log-level=WARN",
        f"--distpath={DIST}",
        f"--workpath={product.WORK / 'pyinstaller'}",
    ]
    spec = str(product.ROOT / "packaging" / "emulsion.spec")
    subprocess.run([sys.executable, "-m", "PyInstaller", *options, spec], check=True)
    return DIST / (f"{product.NAME}.app" if sys.platform == "darwin" else product.COMMAND)


def make_for_linux(bundle: Path) -> list[Path]:
    files = system_libraries.binaries(bundle)
    say(f"{stripping.strip(files) / 1e6:.0f} MB of names for debuggers are removed")
    needed = system_libraries.needed_of_system(bundle, files)
    depends = system_libraries.needed_packages(needed, system_libraries.newest_glibc(files))
    say(f"no library is missing; of the system it needs {', '.join(depends)}")
    self_test.run(bundle / product.COMMAND)
    drawn = icons.draw(product.ROOT / "resources" / "icons" / "emulsion.svg", product.WORK / "icons")
    app_dir = artefacts.make_app_dir(bundle, drawn, DIST)
    validate(app_dir / "usr" / "share")
    return [
        bundle,
        app_dir,
        artefacts.make_deb(bundle, drawn, depends, product.WORK, DIST),
        artefacts.make_tar(bundle, drawn, product.WORK, DIST),
    ]


def make_for_macos(bundle: Path) -> list[Path]:
    self_test.run(bundle / "Contents" / "MacOS" / product.COMMAND)
    script = product.ROOT / "packaging" / "macos" / "make_dmg.sh"
    subprocess.run([str(script), str(bundle), str(DIST)], check=True)
    return [bundle, *DIST.glob("*.dmg")]


def make_for_windows(bundle: Path) -> list[Path]:
    self_test.run(bundle / f"{product.COMMAND}-command.exe")
    if shutil.which("makensis") is None:
        sys.exit("makensis is not found: install NSIS, https://nsis.sourceforge.io")
    drawn = icons.draw(product.ROOT / "resources" / "icons" / "emulsion.svg", product.WORK / "icons")
    return [bundle, installer.make_installer(bundle, drawn.ico, product.WORK, DIST)]


def report(path: Path) -> bool:
    """Prints the size; False when it is above the limit."""
    megabytes = (artefacts.size_of(path) if path.is_dir() else path.stat().st_size) / 1e6
    largest = LARGEST_MB[path.suffix if path.is_file() else ""]
    is_small = megabytes <= largest
    say(f"{path.relative_to(product.ROOT)}: {megabytes:.0f} MB{'' if is_small else f', more than {largest}'}")
    return is_small


def _has_cuda() -> bool:
    names = [distribution.metadata["Name"] for distribution in importlib.metadata.distributions()]
    return any(name.startswith(("nvidia-", "cuda-")) for name in names)


def say(sentence: str) -> None:
    print(f"== {sentence}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
