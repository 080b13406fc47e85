"""Sentences about an export: the file, the cost of decoding, and the time left."""

from pathlib import Path

from app.film.export_choices import ExportChoices
from core.files.sizes import size_text
from core.film.film import Film
from core.film_export.export import Progress, size_of
from core.film_export.formats import FORMATS
from core.film_export.formats.contact_sheet import page_size
from core.film_export.pictures import DECODED
from core.language.words import plural, tr

TOLD_AFTER_S = 1.0
"""The time after which the time left is no longer a guess."""


def file_words(film: Film, choices: ExportChoices) -> str:
    """Returns ``20 pictures of 512 × 544 pixels, 3.9 seconds``; ``choices`` have at least one view."""
    count = len(film.frames)
    size = size_of(film.shown_size, len(choices.views), choices.options(Path()), FORMATS[choices.format])
    if choices.format == "sheet":
        width, height = page_size(count, size)
        return tr(
            "{count} steps on one picture of {width} × {height} pixels", count=count, width=width, height=height
        )
    count = 2 * count - 2 if choices.goes_back and count > 2 else count
    seconds = (count * choices.frame_ms + choices.hold_ms) / 1000
    pictures = plural("1 picture", "{count} pictures", count)
    return tr(
        "{pictures} of {width} × {height} pixels, {seconds:.1f} seconds",
        pictures=pictures,
        width=size[0],
        height=size[1],
        seconds=seconds,
    )


def size_words(size_bytes: int) -> str:
    """Returns the size of a file that was estimated."""
    return tr("about {size}", size=size_text(size_bytes))


def decode_words(film: Film, choices: ExportChoices) -> str:
    """Returns a sentence on the cost of decoding, or on the result without it."""
    views = DECODED.intersection(choices.views)
    if choices.views and not views:
        return tr("These views show latents, which are not decoded.")
    decodes = len(film.frames) * len(views)
    if not choices.is_decoded:
        return tr("Without, blurred linear previews as on the right: done at once.")
    return tr(
        "Sharper than the preview, but slower: decodes {decodes} times, each as long as for a finished picture.",
        decodes=decodes,
    )


def left_words(progress: Progress, elapsed_s: float) -> str:
    """Returns ``12 of 30, about 8 seconds left``."""
    told = tr("{done} of {total}", done=progress.done, total=progress.total)
    if progress.done == progress.total:
        return tr("{told}, finishing the file…", told=told)
    if elapsed_s < TOLD_AFTER_S:
        return told
    left_s = elapsed_s / progress.done * (progress.total - progress.done)
    if left_s >= 90:
        return tr("{told}, about {left_s:.0f} minutes left", told=told, left_s=left_s / 60)
    return tr("{told}, about {left_s} s left", told=told, left_s=max(round(left_s), 1))
