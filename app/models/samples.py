"""A sample picture for each card: one that the user made with the model, else one that lies beside its file."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from app.models.card import CardFacts
from app.session.background import BackgroundTasks
from app.session.picture_loader import thumbnail
from core.errors import EmulsionError
from core.gallery.finder import Finder
from core.gallery.query import Query, Sort
from core.pictures.metadata import read_recipe

log = logging.getLogger(__name__)

SETTINGS = {"model": "model", "lora": "loras", "autoencoder": "autoencoder"}
"""By kind of card the setting of a request that names it."""

MOST_TRIED = 5
NAMES = ("{}.preview.{}", "{}.{}")
ENDINGS = ("png", "jpg", "jpeg", "webp")


@dataclass(frozen=True, slots=True)
class Sampled:
    """A model or an add-on whose sample is wanted.

    Attributes:
        key: of its card. place: its file or folder.
        setting, value: of the requests that use it, as the gallery filters by them.
    """

    key: str
    place: Path
    setting: str
    value: str


def sampled(cards: Iterable[CardFacts]) -> list[Sampled]:
    """Returns those of the cards that stand for something that is here."""
    return [Sampled(one.key, one.place, SETTINGS[one.kind], one.value) for one in cards if one.place is not None]


class Samples(QObject):
    """Looks for them in the background, and remembers them while the page lives.

    Signals:
        found: the key of a card, and its picture.
    """

    found = Signal(str, QImage)

    def __init__(self, index: Path, background: BackgroundTasks, parent: QObject) -> None:
        """``index`` is the folder of the gallery's index."""
        super().__init__(parent)
        self._index = index
        self._tasks = background.queue(self, "samples")
        self.images: dict[str, QImage] = {}

    def look(self, wanted: Sequence[Sampled]) -> None:
        """Looks again; ``found`` follows for each that has another one than before."""
        self._tasks.cancel()
        self._tasks.follow(partial(_samples, self._index, tuple(wanted)), self._on_found)

    def _on_found(self, sample: tuple[str, QImage]) -> None:
        key, image = sample
        if image != self.images.get(key):
            self.images[key] = image
            self.found.emit(key, image)


def _samples(index: Path, wanted: tuple[Sampled, ...]) -> Generator[tuple[str, QImage], None, None]:
    for one in wanted:
        for path in (*_own(index, one), *beside(one.place)):
            image = thumbnail(path)
            if not image.isNull():
                yield one.key, image
                break


def _own(index: Path, wanted: Sampled) -> Sequence[Path]:
    """Returns the user's pictures with it that are there, the best ones first."""
    try:
        with closing(Finder(index)) as finder:
            query = Query(
                facets=frozenset({(wanted.setting, wanted.value)}), is_unreadable=False, sort=Sort.rating
            )
            pictures = finder.pictures(finder.find(query).ids[:MOST_TRIED])
    except sqlite3.Error as error:  # there is none yet, or the gallery makes it anew
        log.info("no samples from the gallery: %s", error)
        return ()
    return [picture.path for picture in pictures if not picture.is_away and _is_finished(picture.path)]


def _is_finished(path: Path) -> bool:
    """Returns False for a kept step: it shows noise rather than what a model draws."""
    try:
        return read_recipe(path).stage == "final"
    except EmulsionError:
        return False


def beside(place: Path) -> Iterator[Path]:
    """Returns pictures of the same name, as AUTOMATIC1111's program shows them, or the one in a model's folder."""
    folder, stem = (place, "sample") if place.is_dir() else (place.parent, place.stem)
    with suppress(OSError):
        yield from (
            path for name in NAMES for ending in ENDINGS if (path := folder / name.format(stem, ending)).is_file()
        )
