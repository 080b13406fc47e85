"""Renders the program's icon, resources/icons/emulsion.svg, in the sizes and formats that systems want.

``python packaging/icons.py FOLDER`` writes them there; a build does it by itself. Needs PySide6 and pillow.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

PNG_SIZES_PX = (16, 22, 24, 32, 48, 64, 96, 128, 256, 512)
"""The sizes of the hicolor theme (freedesktop.org's icon theme specification)."""

ICO_SIZES_PX = (16, 20, 24, 32, 40, 48, 64, 128, 256)
"""Windows at 100 to 250 %."""

ICNS_PX = 1024
ICNS_SHARE = 824 / 1024
"""The filled share of a macOS icon: Apple's template leaves a margin of 100 in 1024 for the shadow."""


@dataclass(frozen=True, slots=True)
class Icons:
    """The files that were written; ``pngs`` by size in pixels."""

    pngs: dict[int, Path]
    ico: Path
    icns: Path


def draw(svg: Path, folder: Path) -> Icons:
    """Renders every size from the drawing itself: scaling down would blur the small ones."""
    folder.mkdir(parents=True, exist_ok=True)
    renderer = QSvgRenderer(str(svg))
    if not renderer.isValid():
        raise ValueError(f"{svg} is no drawing that Qt can read")
    pngs = {size: folder / f"emulsion-{size}.png" for size in PNG_SIZES_PX}
    for size, path in pngs.items():
        _render(renderer, size).save(path)
    ico, icns = folder / "emulsion.ico", folder / "emulsion.icns"
    frames = [_render(renderer, size) for size in ICO_SIZES_PX]
    frames[-1].save(ico, sizes=[frame.size for frame in frames], append_images=frames[:-1])
    _render(renderer, ICNS_PX, ICNS_SHARE).save(icns)
    return Icons(pngs, ico, icns)


def _render(renderer: QSvgRenderer, size_px: int, share: float = 1.0) -> Image.Image:
    """Returns a transparent square picture with the drawing in its middle, ``share`` of the width wide."""
    image = QImage(size_px, size_px, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    margin = size_px * (1 - share) / 2
    renderer.render(painter, QRectF(margin, margin, size_px - 2 * margin, size_px - 2 * margin))
    painter.end()
    pixels = image.convertToFormat(QImage.Format.Format_RGBA8888)
    return Image.frombytes("RGBA", (size_px, size_px), bytes(pixels.constBits()))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python packaging/icons.py FOLDER")
    drawing = Path(__file__).resolve().parent.parent / "resources" / "icons" / "emulsion.svg"
    draw(drawing, Path(sys.argv[1]))
