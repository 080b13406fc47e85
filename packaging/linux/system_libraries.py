"""Determines the system libraries that the frozen program needs, and that none is missing."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

PACKAGES = {
    "ld-linux-x86-64.so.2": "libc6",
    "libc.so.6": "libc6",
    "libdl.so.2": "libc6",
    "libm.so.6": "libc6",
    "libpthread.so.0": "libc6",
    "librt.so.1": "libc6",
    "libutil.so.1": "libc6",
    "libresolv.so.2": "libc6",
    "libstdc++.so.6": "libstdc++6",
    "libgcc_s.so.1": "libgcc-s1",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libGLdispatch.so.0": "libglvnd0",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libXau.so.6": "libxau6",
    "libXdmcp.so.6": "libxdmcp6",
    "libbsd.so.0": "libbsd0",
    "libdrm.so.2": "libdrm2",
    "libmd.so.0": "libmd0",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libxcb.so.1": "libxcb1",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libexpat.so.1": "libexpat1",
    "libz.so.1": "zlib1g",
    "libbrotlicommon.so.1": "libbrotli1",
    "libbrotlidec.so.1": "libbrotli1",
    "libpng16.so.16": "libpng16-16",
}
"""Debian's packages of the libraries that are left to the system: PyInstaller leaves out what belongs to the C
library, the graphics driver and the fonts, as copies of those do not fit another system."""


FILES_PACKAGES = ("fontconfig-config", "xkb-data")
"""Fonts, and keyboard layouts for libraries in the bundle. The first package brings a font."""


class MissingLibraries(Exception):
    """Libraries that the bundle needs and that are neither in it nor in the table above."""


def binaries(bundle: Path) -> list[Path]:
    """Returns the programs and libraries in the bundle, each once."""
    found: list[Path] = []
    for path in sorted(bundle.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    found.append(path)
    return found


def needed_of_system(bundle: Path, files: Iterable[Path]) -> set[str]:
    """Returns the libraries that the dynamic linker finds outside of the bundle. Raises MissingLibraries."""
    internal = bundle / "_internal"
    answer = subprocess.run(
        ["ldd", *map(str, files)],
        env={**os.environ, "LD_LIBRARY_PATH": str(internal)},
        capture_output=True,
        text=True,
        check=False,  # it fails for files without dependencies
    ).stdout
    return read_ldd(answer, bundle)


def read_ldd(answer: str, bundle: Path) -> set[str]:
    missing = set(re.findall(r"^\s+(\S+) => not found", answer, re.M))
    if missing:
        raise MissingLibraries(f"not found: {', '.join(sorted(missing))}")
    places: dict[str, str] = dict(re.findall(r"^\s+(\S+) => (/\S.*) \(0x", answer, re.M))
    return {name for name, place in places.items() if not place.startswith(f"{bundle}/")}


def needed_packages(libraries: Iterable[str], glibc: str) -> list[str]:
    """Returns the field Depends of a Debian package. Raises MissingLibraries for libraries of unknown packages."""
    unknown = sorted(set(libraries) - set(PACKAGES))
    if unknown:
        raise MissingLibraries(f"left to the system, but no package is known: {', '.join(unknown)}")
    names = {PACKAGES[library] for library in libraries} - {"libc6"}
    return [f"libc6 (>= {glibc})", *sorted({*names, *FILES_PACKAGES})]


def newest_glibc(files: Iterable[Path]) -> str:
    """Returns the C library's version that the newest symbol version among the files needs, such as ``2.36``."""
    minor = 0
    for path in files:
        for found in re.findall(rb"\0GLIBC_2\.(\d+)\0", path.read_bytes()):
            minor = max(minor, int(found))
    return f"2.{minor}"
