"""Writes a film as a file for other people: animation, video, or contact sheet."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from core.errors import SaveFailed
from core.files.atomic import words_of
from core.film_export.formats import FORMATS, FilmFile, FilmFormat
from core.film_export.pictures import GAP_PX, CaptionedPicture
from core.film_export.spool import PictureSpool
from core.language.words import tr
from core.request.request import Size

CAPTION_BACKGROUND = (24, 24, 25)
CAPTION_COLOUR = (220, 219, 217)
_SMALLEST_FONT_PX, _LARGEST_FONT_PX = 11, 28
_CHARACTERS_IN_WIDTH = 34
"""The caption's font size: about this many letters fit side by side."""

FRAME_MS = range(20, 2001)
HOLD_MS = range(10001)


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The settings of an export.

    Attributes:
        format: key in `core.film_export.formats.FORMATS`.
        frame_ms: duration of each step, within `FRAME_MS`; with a pace, of a step in the mean.
        hold_ms: extra duration of the last step, within `HOLD_MS`.
        width_px: width of the written picture; None keeps that of the pictures.
        goes_back: after the last step the others follow backwards, so that it plays there and back.
        pace: for each picture a multiple of ``frame_ms`` (`core.measures.pacing`), or none: all alike.
    """

    path: Path
    format: str
    frame_ms: int = 120
    hold_ms: int = 1500
    has_captions: bool = True
    width_px: int | None = None
    pace: Sequence[float] = ()
    goes_back: bool = False

    def duration_ms(self, index: int, total: int) -> int:
        """Returns how long this picture of so many is shown."""
        paced_ms = round(self.frame_ms * self.pace[index]) if self.pace else self.frame_ms
        return max(paced_ms, FRAME_MS[0]) + (self.hold_ms if index == total - 1 else 0)

    def back_ms(self, index: int) -> int:
        """Returns how long a picture between the last and the first is shown on the way back."""
        paced_ms = round(self.frame_ms * self.pace[index - 1]) if self.pace else self.frame_ms
        return max(paced_ms, FRAME_MS[0])


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` pictures are written."""

    done: int
    total: int


def export(
    frames: Iterable[CaptionedPicture], total: int, options: ExportOptions
) -> Generator[Progress, None, None]:
    """Writes the pictures one by one; the file gets its name only when it is complete.

    Closing the generator cancels and leaves nothing behind. Raises SaveFailed.
    """
    film_format = FORMATS[options.format]
    unfinished = options.path.with_name(f".{options.path.name}.part")
    file: FilmFile | None = None
    is_complete = False
    spool = PictureSpool() if options.goes_back and options.format != "sheet" and total > 2 else None
    try:
        for done, frame in enumerate(frames, start=1):
            picture = compose(frame, options, film_format)
            if file is None:
                options.path.parent.mkdir(parents=True, exist_ok=True)
                file = film_format.open(unfinished, picture.size, _tick_ms(options))
            file.add(picture, options.duration_ms(done - 1, total))
            if spool is not None:
                spool.add(picture)
            yield Progress(done, total)
        if file is not None:
            if spool is not None:
                for index in range(total - 2, 0, -1):
                    file.add(spool.picture(index), options.back_ms(index))
                    yield Progress(total, total)
            file.finish()
            unfinished.replace(options.path)
        is_complete = True
    except OSError as error:
        raise SaveFailed(options.path, words_of(error)) from error
    except MemoryError as error:
        raise SaveFailed(options.path, tr("there is not enough memory for pictures of this size")) from error
    finally:
        if spool is not None:
            spool.close()
        if not is_complete:
            with suppress(OSError):
                if file is not None:
                    file.abandon()
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)


def _tick_ms(options: ExportOptions) -> int:
    """Returns the duration that all others are about multiples of, for formats of one frame rate."""
    return max(options.frame_ms // 4, FRAME_MS[0]) if options.pace else options.frame_ms


def compose(frame: CaptionedPicture, options: ExportOptions, film_format: FilmFormat) -> Image.Image:
    """Returns the picture in its final size, with the caption on a dark band below it."""
    picture = Image.fromarray(frame.picture)
    width, height = _fitting(picture.size, options.width_px, film_format)
    if picture.size != (width, height):
        smooth = Image.Resampling.BICUBIC if width >= picture.width else Image.Resampling.LANCZOS
        picture = picture.resize((width, height), smooth)
    if not options.has_captions:
        return picture
    band_px = _band_px(width, film_format)
    result = Image.new("RGB", (width, height + band_px), CAPTION_BACKGROUND)
    result.paste(picture, (0, 0))
    font, middle = ImageFont.load_default(_font_px(width)), (width / 2, height + band_px / 2)
    ImageDraw.Draw(result).text(middle, frame.caption, fill=CAPTION_COLOUR, font=font, anchor="mm")
    return result


def size_of(view: Size, views: int, options: ExportOptions, film_format: FilmFormat) -> tuple[int, int]:
    """Returns (width, height) of the picture that `compose` makes of so many views side by side."""
    whole = (view.width * views + GAP_PX * (views - 1), view.height)
    width, height = _fitting(whole, options.width_px, film_format)
    return width, height + (_band_px(width, film_format) if options.has_captions else 0)


def _font_px(width: int) -> int:
    return min(max(width * 2 // _CHARACTERS_IN_WIDTH, _SMALLEST_FONT_PX), _LARGEST_FONT_PX)


def _band_px(width: int, film_format: FilmFormat) -> int:
    return _multiple(_font_px(width) * 2, film_format.size_step)


def _fitting(size: tuple[int, int], width_px: int | None, film_format: FilmFormat) -> tuple[int, int]:
    """Returns the size to write in; keeps the shape as far as the format's steps and limits allow."""
    scale = (width_px or size[0]) / size[0]
    scale = min(scale, film_format.largest_px / max(size))
    step = film_format.size_step
    return _multiple(size[0] * scale, step), _multiple(size[1] * scale, step)


def _multiple(length_px: float, step: int) -> int:
    return max(round(length_px / step), 1) * step
