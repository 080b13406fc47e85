"""Pictures that are needed once more, in a temporary file: a long film would not fit into memory."""

from tempfile import TemporaryFile

from PIL import Image


class PictureSpool:
    """Holds RGB pictures in their order; the file goes with `close`. Raises OSError when the disk is full."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._places: list[tuple[int, tuple[int, int]]] = []

    def close(self) -> None:
        self._file.close()

    def add(self, picture: Image.Image) -> None:
        """Adds the next one."""
        self._places.append((self._file.seek(0, 2), picture.size))
        self._file.write(picture.tobytes())

    def picture(self, index: int) -> Image.Image:
        """Returns one of those that were added."""
        start, size = self._places[index]
        self._file.seek(start)
        return Image.frombytes("RGB", size, self._file.read(size[0] * size[1] * 3))
