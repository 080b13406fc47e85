"""Makes the difference map of two pictures in a thread of its own: large ones take a while."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from PySide6.QtCore import QObject, QThreadPool, Signal, Slot
from PySide6.QtGui import QImage

from app.compare.compared_picture import ComparedPicture
from app.widgets.pixels import to_image, to_pixels
from core.measures.difference import Difference
from core.pictures.colour_maps import heat
from core.pictures.pixels import Pixels


@dataclass(frozen=True, slots=True, eq=False)
class DifferenceMap:
    """Ready to be shown.

    Attributes:
        image: black where the pictures are alike, brightest from ``scale`` on.
        scale: what the brightest colour stands for, as a part of the way from black to white.
    """

    image: QImage
    difference: Difference
    scale: float


class DifferenceMaker(QObject):
    """Only the map that was asked for last is made. Close it at the end.

    Signals:
        made(object): a `DifferenceMap`, the answer to the last `ask`.
    """

    made = Signal(object)
    _answered = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asked = 0
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._pool.setObjectName("differences")
        self._answered.connect(self._deliver)

    def ask(self, first: ComparedPicture, second: ComparedPicture, scale: float | None) -> None:
        """Two pictures of one shape; ``scale`` None chooses the one that fits. The larger one's size is used."""
        self._asked += 1
        number = self._asked

        def work() -> None:
            if number == self._asked:
                self._answered.emit(number, difference_map_of(first.image, second.image, scale))

        self._pool.start(work)

    def withdraw(self) -> None:
        """No answer is wanted any more."""
        self._asked += 1

    def close(self) -> None:
        """Waits until the thread has nothing to do: it must not speak to an object that is gone."""
        self.withdraw()
        self._pool.waitForDone()

    @Slot(int, object)
    def _deliver(self, number: int, made: DifferenceMap) -> None:
        if number == self._asked:
            self.made.emit(made)


def difference_map_of(first: QImage, second: QImage, scale: float | None) -> DifferenceMap:
    """The smaller picture is enlarged to the size of the larger one before they are compared."""
    larger = max((first, second), key=lambda image: image.width())
    size = (larger.width(), larger.height())
    difference = Difference.between(_in_size(first, size), _in_size(second, size))
    shown = scale or difference.fitting_scale
    return DifferenceMap(to_image(heat(difference.distances / shown)), difference, shown)


def _in_size(image: QImage, size: tuple[int, int]) -> Pixels:
    pixels = to_pixels(image)
    if pixels.shape[1::-1] == size:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))
