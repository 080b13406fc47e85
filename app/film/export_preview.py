"""Plays an exported film in a loop, by the linear map, while the choices are made."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from app.film.export_choices import ExportChoices
from app.film.picture_pane import PicturePane
from app.session.background import BackgroundTasks
from app.widgets.building import vbox
from app.widgets.pixels import to_image
from core.film.film import Film, Frame
from core.film_export.export import compose
from core.film_export.formats import FORMATS
from core.film_export.formats.contact_sheet import page
from core.film_export.pictures import export_frames

MOST_FRAMES = 40
WIDEST_PX = 1024
"""Enough to judge the caption and the views; the file may be larger."""
WAIT_MS = 30


class ExportPreview(QWidget):
    """Draws in the background, one picture after the other.

    Attributes:
        images: those that are drawn, in the order in which they play.
    """

    def __init__(self, background: BackgroundTasks) -> None:
        super().__init__()
        self.images: list[QImage] = []
        self._turn = 0
        self._options = ExportChoices().options(Path())
        self._frames: tuple[Frame, ...] = ()
        self._pane = PicturePane()
        vbox(self._pane, on=self)
        self._tasks = background.queue(self, "film preview")
        self._clock = QTimer(self, singleShot=True)
        self._clock.timeout.connect(self._show_next)

    def show_export(self, film: Film, choices: ExportChoices) -> None:
        """Begins anew; ``choices`` have at least one view, the film one frame."""
        self.leave()
        self._frames = sampled(film.frames)
        share = len(film.frames) / len(self._frames)
        choices = replace(choices, frame_ms=round(choices.frame_ms * share))
        self._options = choices.options(Path(), self._frames)
        ratio = self.devicePixelRatioF()
        room = round(self.width() * ratio), round(self.height() * ratio)
        part = replace(film, frames=self._frames)
        self._tasks.follow(partial(_drawn, part, choices, room), self._on_drawn)

    def leave(self) -> None:
        """Stops what is drawn and played."""
        self._tasks.cancel()
        self._clock.stop()
        self._turn = 0
        self.images = []

    def _on_drawn(self, image: QImage) -> None:
        self.images.append(image)
        if len(self.images) == 1:
            self._show_next()

    @Slot()
    def _show_next(self) -> None:
        if self._turn >= len(self.images):
            self._clock.start(WAIT_MS)  # not drawn yet
            return
        self._pane.show_picture(self.images[self._turn])
        self._clock.start(self._options.duration_ms(self._turn, len(self._frames)))
        self._turn = (self._turn + 1) % len(self._frames)


def sampled(frames: Sequence[Frame]) -> tuple[Frame, ...]:
    """Returns at most `MOST_FRAMES` of them, evenly, the first and the last among them."""
    if len(frames) <= MOST_FRAMES:
        return tuple(frames)
    return tuple(frames[round(place)] for place in np.linspace(0, len(frames) - 1, MOST_FRAMES))


def _drawn(film: Film, choices: ExportChoices, room: tuple[int, int]) -> Generator[QImage]:
    """Yields the pictures, as large as there is room in pixels."""
    pictures = _composed(film, choices)
    if choices.format == "sheet":
        pictures = iter((page(list(pictures)),))
    for picture in pictures:
        scale = min(room[0] / picture.width, room[1] / picture.height)
        size = max(round(picture.width * scale), 1), max(round(picture.height * scale), 1)
        smooth = Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC
        yield to_image(np.asarray(picture.resize(size, smooth)))


def _composed(film: Film, choices: ExportChoices) -> Iterator[Image.Image]:
    options = choices.options(Path())
    native_px = film.shown_size.width * len(choices.views)
    options = replace(options, width_px=min(options.width_px or native_px, WIDEST_PX))
    return map(
        partial(compose, options=options, film_format=FORMATS[choices.format]), export_frames(film, choices.views)
    )
