"""Makes the Linux packages of the frozen program: a .deb, a .tar.gz with scripts, an AppDir."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import icons
import product

from linux.shared_files import HERE, build_date, copy_bundle, place, write_shared_files

ARCHITECTURE = "amd64"

CONTROL = """\
Package: {command}
Version: {version}
Architecture: {architecture}
Maintainer: The authors of Emulsion <emulsion@localhost>
Installed-Size: {kilobytes}
Depends: {depends}
Recommends: xdg-utils
Section: graphics
Priority: optional
Description: {summary}
 Emulsion makes pictures from words on your own computer, and shows how each
 picture develops out of noise. Every step can be watched, kept, understood and
 branched off from. A small model that draws postcards is included: nothing has
 to be downloaded to begin.
"""

COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Emulsion

Files: *
Copyright: the authors of Emulsion
License: Apache-2.0
Comment: the libraries in /opt/emulsion/_internal keep their own licences, which lie beside them in the folders
 *.dist-info

License: Apache-2.0
 On Debian systems the licence is in /usr/share/common-licenses/Apache-2.0.
"""


def make_deb(bundle: Path, drawn: icons.Icons, depends: list[str], work: Path, target: Path) -> Path:
    """Makes a package that puts the program into /opt, and a link, a menu entry and icons into their usual places.

    It has no scripts: the desktop's own packages notice by themselves that entries and icons come and go.
    """
    root = _fresh(work / "deb")
    lay_out_deb(bundle, drawn, depends, root)
    deb = target / f"{product.COMMAND}_{product.version()}_{ARCHITECTURE}.deb"
    # Debian 12 and Ubuntu 22.04 can read zstd; level 19 saves another tenth, and takes six minutes
    build = ["dpkg-deb", "--root-owner-group", "-Zzstd", "-z12", "--build", str(root), str(deb)]
    subprocess.run(["fakeroot", *build] if shutil.which("fakeroot") else build, check=True)
    return deb


def lay_out_deb(bundle: Path, drawn: icons.Icons, depends: list[str], root: Path) -> None:
    """Lays out the content of the package, and its description, below ``root``."""
    copy_bundle(bundle, root / "opt" / product.COMMAND)
    write_shared_files(root / "usr" / "share", drawn)
    documents = root / "usr" / "share" / "doc" / product.COMMAND
    documents.mkdir(parents=True)
    (documents / "copyright").write_text(COPYRIGHT, "utf-8")
    commands = root / "usr" / "bin"
    commands.mkdir()
    (commands / product.COMMAND).symlink_to(f"../../opt/{product.COMMAND}/{product.COMMAND}")
    control = root / "DEBIAN" / "control"
    control.parent.mkdir()
    control.write_text(
        CONTROL.format(
            command=product.COMMAND,
            version=product.version(),
            architecture=ARCHITECTURE,
            kilobytes=size_of(root) // 1024,
            depends=", ".join(depends),
            summary=product.SUMMARY,
        ),
        "utf-8",
    )
    _set_modes(root)


def make_tar(bundle: Path, drawn: icons.Icons, work: Path, target: Path) -> Path:
    """Makes an archive with a script that installs for one user and one that removes, by a list of all files."""
    name = f"{product.COMMAND}-{product.version()}-linux-x86_64"
    root = _fresh(work / "tar") / name
    lay_out_tar(bundle, drawn, root)
    archive = target / f"{name}.tar.gz"
    tar = ["tar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", f"--mtime=@{_second()}", "-c", name]
    with (
        archive.open("wb") as file,
        subprocess.Popen(tar, cwd=root.parent, stdout=subprocess.PIPE) as packing,
    ):
        subprocess.run(["gzip", "-9n"], stdin=packing.stdout, stdout=file, check=True)
    if packing.returncode:
        raise subprocess.CalledProcessError(packing.returncode, tar)
    return archive


def lay_out_tar(bundle: Path, drawn: icons.Icons, root: Path) -> None:
    """Lays out the content of the archive below ``root``."""
    copy_bundle(bundle, root / product.COMMAND)
    write_shared_files(root / "share", drawn)
    for script in ("install.sh", "uninstall.sh"):
        shutil.copy(HERE / script, root / script)
    (root / "files.txt").write_text("".join(f"{path}\n" for path in installed_files(root)), "utf-8")
    _set_modes(root)


def installed_files(root: Path) -> list[str]:
    """Returns the place of each file that install.sh installs, below its target folder."""
    program = sorted(path for path in (root / product.COMMAND).rglob("*") if path.is_symlink() or path.is_file())
    shared = sorted(path for path in (root / "share").rglob("*") if path.is_file())
    return [f"lib/{path.relative_to(root)}" for path in program] + [str(path.relative_to(root)) for path in shared]


def make_app_dir(bundle: Path, drawn: icons.Icons, target: Path) -> Path:
    """Makes a folder that AppImage's tool turns into one file; its ``AppRun`` also starts it directly."""
    root = _fresh(target / f"{product.NAME}.AppDir")
    copy_bundle(bundle, root / "usr" / "lib" / product.COMMAND)
    write_shared_files(root / "usr" / "share", drawn)
    place(root / "usr" / "share" / "applications" / "emulsion.desktop", root / "emulsion.desktop")
    place(drawn.pngs[256], root / "emulsion.png")
    (root / ".DirIcon").symlink_to("emulsion.png")
    shutil.copy(HERE / "AppRun", root / "AppRun")
    return root


def size_of(folder: Path) -> int:
    """Returns the bytes on the disk; files with several names count once."""
    files = {status.st_ino: status.st_blocks * 512 for status in map(os.lstat, folder.rglob("*"))}
    return sum(files.values())


def _set_modes(root: Path) -> None:
    """Makes files readable for everybody, whatever the umask of the build; executable ones stay so."""
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            is_executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if is_executable else 0o644)


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _second() -> int:
    return int(build_date().timestamp())
