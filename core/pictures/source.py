"""The picture that a run begins with instead of noise: read safely, cut and scaled to the request's size."""

import hashlib
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from core.errors import UnreadablePicture
from core.files.atomic import words_of
from core.pictures.pixels import Pixels
from core.request.request import Size, Source

LARGEST_FILE = 256 * 2**20
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
_WHITE = (255, 255, 255, 255)


@dataclass(frozen=True, slots=True, eq=False)
class SourcePicture:
    """A source that was read: pixels of the requested size, and the SHA-256 of the file's whole content.

    ``original`` is the size of the upright picture in the file.
    """

    pixels: Pixels
    sha256: str
    original: Size


def read_source(source: Source, size: Size) -> SourcePicture:
    """Reads a picture upright and in RGB, cut to the shape of ``size`` around its middle.

    What is transparent becomes white; of a moving picture the first frame is taken.

    Raises UnreadablePicture, also when the file is not the one whose hash ``source`` has.
    """
    path = Path(source.path)
    content = _content(path)
    sha256 = hashlib.sha256(content).hexdigest()
    if not sha256.startswith(source.sha256):
        raise UnreadablePicture(path, "it has changed since the recipe was written; choose it again")
    decoded = _decoded(path, content)
    picture = ImageOps.fit(decoded, (size.width, size.height), Image.Resampling.LANCZOS)
    return SourcePicture(np.asarray(picture), sha256, Size(*decoded.size))


def found(source: Source, folders: Iterable[Path]) -> Source:
    """Returns the source with its path if a file of its name and hash lies in one of the folders; else unchanged.

    Without a hash any file of this name could be meant, so none is taken.
    """
    if source.path and source.sha256:
        for folder in folders:
            path = folder / source.path
            try:
                if hashlib.sha256(_content(path)).hexdigest().startswith(source.sha256):
                    return replace(source, path=str(path.absolute()))
            except UnreadablePicture:
                continue
    return source


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise UnreadablePicture(path, "there is no such file")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise UnreadablePicture(path, words_of(error) if isinstance(error, OSError) else str(error)) from error
    if len(content) > LARGEST_FILE:
        raise UnreadablePicture(path, f"it is larger than {LARGEST_FILE // 2**20} MiB")
    return content


def _decoded(path: Path, content: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)  # damaged extras, such as EXIF, do not matter
            with Image.open(BytesIO(content), formats=FORMATS) as opened:
                opened.load()
                return _rgb(ImageOps.exif_transpose(opened))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        most = (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        raise UnreadablePicture(path, f"it has more than {most} million pixels") from error
    except Image.UnidentifiedImageError as error:
        raise UnreadablePicture(path, f"it is not a {', '.join(FORMATS[:-1])} or {FORMATS[-1]} picture") from error
    except MemoryError:
        raise
    except Exception as error:  # decoders of damaged files raise nearly anything
        raise UnreadablePicture(path, "the file is damaged") from error


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off at 255
        grey = np.asarray(picture, np.float64) / 257
        return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).convert("RGB")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    transparent = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", transparent.size, _WHITE), transparent).convert("RGB")
