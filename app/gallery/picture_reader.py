"""Reads whole pictures for the viewer, the clipboard and comparisons in one background thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QThreadPool, Signal, Slot
from PySide6.QtGui import QImage

from app.messages.errors import Message, message
from app.widgets.pixels import to_image
from core.errors import EmulsionError
from core.gallery.opening import flattened, open_picture
from core.pictures.metadata import read_recipe
from core.recipes.recipe import Recipe


@dataclass(frozen=True, slots=True, eq=False)
class WholePicture:
    """A picture with its recipe, None if it carries none that can be read."""

    path: Path
    image: QImage
    recipe: Recipe | None


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    answer: Callable[[WholePicture], None]
    refuse: Callable[[Message], None]
    result: WholePicture | Message


class PictureReader(QObject):
    """Close it at the end."""

    _done = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._is_closing = False
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)
        self._pool.setObjectName("whole pictures")
        self._done.connect(self._deliver)

    def read(
        self,
        path: Path,
        answer: Callable[[WholePicture], None],
        refuse: Callable[[Message], None],
        priority: int = 0,
    ) -> None:
        """Decodes a picture of unknown origin; ``answer`` or ``refuse`` is called in the window's thread."""

        def work() -> None:
            if not self._is_closing:
                self._done.emit(_Read(answer, refuse, _whole(path)))

        self._pool.start(work, priority)

    def close(self) -> None:
        self._is_closing = True
        self._pool.waitForDone()

    @Slot(object)
    def _deliver(self, read: _Read) -> None:
        if self._is_closing:
            return
        if isinstance(read.result, WholePicture):
            read.answer(read.result)
        else:
            read.refuse(read.result)


def _whole(path: Path) -> WholePicture | Message:
    try:
        image = to_image(np.asarray(flattened(open_picture(path))))
    except EmulsionError as error:
        return message(error)
    try:
        recipe = read_recipe(path)
    except EmulsionError:
        recipe = None  # it is shown all the same
    return WholePicture(path, image, recipe)
