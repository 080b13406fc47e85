"""Sentences about an export: the file, the cost of decoding, and the time left."""

from pathlib import Path

from app.film.export_choices import ExportChoices
from core.film.film import Film
from core.film_export.export import Progress, size_of
from core.film_export.formats import FORMATS
from core.film_export.formats.contact_sheet import page_size
from core.film_export.pictures import DECODED

TOLD_AFTER_S = 1.0
"""The time after which the time left is no longer a guess."""


def file_words(film: Film, choices: ExportChoices) -> str:
    """Returns ``20 pictures of 512 × 544 pixels, 3.9 seconds``; ``choices`` have at least one view."""
    count = len(film.frames)
    size = size_of(film.request.size, len(choices.views), choices.options(Path()), FORMATS[choices.format])
    if choices.format == "sheet":
        width, height = page_size(count, size)
        return f"{count} steps on one picture of {width} × {height} pixels"
    seconds = (count * choices.frame_ms + choices.hold_ms) / 1000
    pictures = "1 picture" if count == 1 else f"{count} pictures"
    return f"{pictures} of {size[0]} × {size[1]} pixels, {seconds:.1f} seconds"


def decode_words(film: Film, choices: ExportChoices) -> str:
    """Returns a sentence on the cost of decoding, or on the result without it."""
    views = DECODED.intersection(choices.views)
    if choices.views and not views:
        return "These views show latents, which are not decoded."
    decodes = len(film.frames) * len(views)
    if not choices.is_decoded:
        return "Without, blurred linear previews as on the right: done at once."
    return (
        f"True pictures, sharper than the preview: {decodes} decodes, each as long as that of a finished picture."
    )


def left_words(progress: Progress, elapsed_s: float) -> str:
    """Returns ``12 of 30, about 8 seconds left``."""
    told = f"{progress.done} of {progress.total}"
    if progress.done == progress.total:
        return f"{told}, finishing the file …"
    if elapsed_s < TOLD_AFTER_S:
        return told
    left_s = elapsed_s / progress.done * (progress.total - progress.done)
    if left_s >= 90:
        return f"{told}, about {left_s / 60:.0f} minutes left"
    return f"{told}, about {max(round(left_s), 1)} s left"
