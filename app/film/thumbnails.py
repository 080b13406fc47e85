"""Small pictures of all calls of a film by the linear map, made once each."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPixmap

from app.widgets.pixels import to_image
from core.film.film import Film, Frame


class Thumbnails:
    """Pixmaps by call, all of one size in device pixels."""

    def __init__(self) -> None:
        self._size = QSize()
        self._made: dict[int, tuple[Frame, QPixmap]] = {}

    def set_size(self, size: QSize) -> None:
        if size != self._size:
            self._size = size
            self._made.clear()

    def find(self, film: Film, call: int) -> QPixmap:
        """Returns the picture of a call; a call that is recorded again gets a new one."""
        frame = film.frames[call]
        made = self._made.get(call)
        if made is None or made[0] is not frame:
            image = to_image(film.latent_rgb.picture(frame.denoised))
            fit = image.scaled(
                self._size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            made = self._made[call] = (frame, QPixmap.fromImage(fit))
        return made[1]

    def clear(self) -> None:
        self._made.clear()
