"""MP4 video (H.264), by PyAV: plays in every browser and chat."""

from collections.abc import Generator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from PIL import Image

_QUALITY = {"crf": "18", "preset": "medium"}
"""A quality at which noise, the hardest content for video, just looks unchanged."""


class Mp4File:
    """Writes at a constant frame rate; a longer picture is repeated, because players cut the last one short.

    PyAV is imported with the first file: it brings 70 MB of libraries, which no start need wait for.
    """

    def __init__(self, path: Path, size: tuple[int, int], duration_ms: int) -> None:
        self._duration_ms = duration_ms
        with _libraries() as av:
            self._container: Any = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
            self._stream: Any = self._container.add_stream("libx264", rate=Fraction(1000, duration_ms))
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = _QUALITY

    def add(self, picture: Image.Image, duration_ms: int) -> None:
        with _libraries() as av:
            for _ in range(max(1, round(duration_ms / self._duration_ms))):
                frame = av.VideoFrame.from_image(picture)
                self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        with _libraries():
            self._container.mux(self._stream.encode())
            self._container.close()

    def abandon(self) -> None:
        with _libraries():
            self._container.close()


@contextmanager
def _libraries() -> Generator[Any]:
    """Yields PyAV and turns its errors into OSError, as for every file."""
    import av
    from av.error import FFmpegError

    try:
        yield av
    except FFmpegError as error:
        raise OSError(error.errno or 0, error.strerror or str(error)) from error
