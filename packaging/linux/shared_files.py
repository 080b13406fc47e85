"""The files that make a program part of a Linux desktop, in a folder ``share`` as freedesktop.org lays it out."""

from __future__ import annotations

import datetime
import os
import shutil
import subprocess
from pathlib import Path

import icons
import product

HERE = Path(__file__).resolve().parent
METAINFO_NAME = f"{product.BUNDLE_ID}.metainfo.xml"


def write_shared_files(share: Path, drawn: icons.Icons) -> None:
    """The menu entry, the description for software centres, and the icon in all sizes."""
    applications = share / "applications"
    applications.mkdir(parents=True)
    shutil.copyfile(HERE / "emulsion.desktop", applications / f"{product.COMMAND}.desktop")
    metainfo = share / "metainfo"
    metainfo.mkdir()
    (metainfo / METAINFO_NAME).write_text(metainfo_text(), "utf-8")
    theme = share / "icons" / "hicolor"
    for size, png in drawn.pngs.items():
        place(png, theme / f"{size}x{size}" / "apps" / f"{product.COMMAND}.png")
    place(
        product.ROOT / "resources" / "icons" / "emulsion.svg",
        theme / "scalable" / "apps" / f"{product.COMMAND}.svg",
    )


def validate(share: Path) -> None:
    """Asks the desktop's own tools, where they are installed, and fails when they have to complain of anything."""
    for command, file in (
        (["desktop-file-validate"], share / "applications" / f"{product.COMMAND}.desktop"),
        (["appstreamcli", "validate", "--no-net", "--pedantic", "--strict"], share / "metainfo" / METAINFO_NAME),
    ):
        if shutil.which(command[0]) is None:
            print(f"== {command[0]} is not installed: {file.name} is not checked", flush=True)
        else:
            subprocess.run([*command, str(file)], check=True)


def metainfo_text() -> str:
    text = (HERE / "metainfo.xml").read_text("utf-8")
    return text.replace("@VERSION@", product.version()).replace("@DATE@", build_date().date().isoformat())


def build_date() -> datetime.datetime:
    """Returns the present moment, or that of SOURCE_DATE_EPOCH (reproducible-builds.org)."""
    stated = os.environ.get("SOURCE_DATE_EPOCH")
    if stated is None:
        return datetime.datetime.now(datetime.UTC)
    return datetime.datetime.fromtimestamp(int(stated), datetime.UTC)


def place(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def copy_bundle(bundle: Path, target: Path) -> None:
    """Copies the bundle by links, because its files are large and never changed after the build."""
    shutil.copytree(bundle, target, symlinks=True, copy_function=os.link)
