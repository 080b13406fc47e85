"""Measures how long a brush makes the window wait: ``python -m tests.benchmarks.mask_painting``.

Strokes are replayed over a picture of 4,096 x 4,096 pixels, one event of the mouse after the other; after each the
view paints at once. What is measured is the time of both, in a view of 1,500 x 900. The mouse goes 60 pixels of
the screen between two events at most.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

SIZE_PX = 4096
VIEW_PX = (1500, 900)
LONGEST_MOVE_PX = 60


def main() -> int:
    """Prints the median and the 99th percentile for each brush and each zoom."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.mask_painting", description=__doc__)
    parser.add_argument("--events", type=int, default=400, help="of the mouse, for each line (default: 400)")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication([])
    print(f"{'brush':>8}{'softness':>10}{'zoom':>8}{'median ms':>12}{'p99 ms':>10}{'of processor':>14}")
    for zoom in (None, 1.0, 4.0):
        for diameter in (16, 100, 400, 1000):
            for softness in (0.0, 0.5):
                waits, busy = measure(application, diameter, softness, zoom, arguments.events)
                middle, most = np.percentile(waits, (50, 99))
                shown = "fitted" if zoom is None else f"{zoom:.0%}"
                print(
                    f"{diameter:>8}{softness:>10}{shown:>8}{middle:>12.2f}{most:>10.2f}"
                    f"{np.percentile(busy, 99):>14.2f}"
                )
    return 0


def measure(
    application: QApplication, diameter: float, softness: float, zoom: float | None, events: int
) -> tuple[list[float], list[float]]:
    """Returns milliseconds for each event: those that passed, and those of the processor."""
    from app.masks.brush import Brush
    from app.masks.painting import MaskPainting
    from app.masks.pointer import MaskPointer
    from app.masks.view import MaskView
    from app.widgets.pixels import to_image
    from app.widgets.theme import LIGHT

    drawn = np.random.default_rng(1).integers(0, 255, (SIZE_PX // 16, SIZE_PX // 16, 3), np.uint8)
    picture = to_image(drawn.repeat(16, 0).repeat(16, 1))
    view = MaskView(LIGHT)
    MaskPointer(view)
    view.resize(*VIEW_PX)
    view.open(picture, MaskPainting(np.zeros((SIZE_PX, SIZE_PX), np.uint8)))
    view.show()
    if zoom is not None:
        view.zoom_to(zoom)
    view.set_brush(Brush(diameter, softness))
    application.processEvents()
    waits: list[float] = []
    busy: list[float] = []
    for kind, place in strokes(events):
        began, began_busy = time.perf_counter(), time.process_time()
        send(application, view, kind, place)
        application.processEvents()
        if kind is QEvent.Type.MouseMove:
            waits.append(1000 * (time.perf_counter() - began))
            busy.append(1000 * (time.process_time() - began_busy))
    view.close()
    view.deleteLater()
    return waits, busy


def strokes(events: int) -> Iterator[tuple[QEvent.Type, QPointF]]:
    """Yields the events of strokes of 40 moves each, in curves over the whole view."""
    random = np.random.default_rng(7)
    place, way = np.array(VIEW_PX) / 2, 0.0
    for number in range(events):
        if number % 40 == 0:
            yield QEvent.Type.MouseButtonPress, QPointF(*place)
        way += random.normal(0, 0.4)
        place = place + random.uniform(2, LONGEST_MOVE_PX) * np.array((np.cos(way), np.sin(way)))
        if not (0 < place[0] < VIEW_PX[0] and 0 < place[1] < VIEW_PX[1]):
            place, way = np.clip(place, 0, VIEW_PX), way + np.pi
        yield QEvent.Type.MouseMove, QPointF(*place)
        if number % 40 == 39:
            yield QEvent.Type.MouseButtonRelease, QPointF(*place)


def send(application: QApplication, view: QWidget, kind: QEvent.Type, place: QPointF) -> None:
    """Sends one event of the mouse."""
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    is_move = kind is QEvent.Type.MouseMove
    held = none if kind is QEvent.Type.MouseButtonRelease else left
    event = QMouseEvent(
        kind, place, view.mapToGlobal(place), none if is_move else left, held, Qt.KeyboardModifier.NoModifier
    )
    application.sendEvent(view, event)


if __name__ == "__main__":
    raise SystemExit(main())
