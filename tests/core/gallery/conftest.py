"""A small library in a folder of its own."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.gallery.finder import Finder
from core.gallery.gallery import Gallery
from core.gallery.query import LibraryPicture, Query
from core.gallery.scan import Scanned
from core.paths import Folders
from core.pictures.saving import save_as
from tests.core.gallery.failing import FolderTrash
from tests.pictures import generated_image


class Library:
    """The folders of a user, with helpers to fill them; ``gallery`` and ``finder`` are open."""

    def __init__(self, root: Path) -> None:
        self.folders = Folders(
            *(root / name for name in ("pictures", "models", "data", "config", "cache", "logs"))
        )
        self.pictures = self.folders.pictures
        self.pictures.mkdir(parents=True)
        self.open()

    def open(self) -> None:
        self.gallery = Gallery(self.folders, self.pictures, trash=FolderTrash(self.folders.data.parent / "trash"))
        self.finder = Finder(self.gallery.folder)

    def close(self) -> None:
        self.finder.close()
        self.gallery.close()

    def add(self, name: str, prompt: str = "a red house", minute: int = 0, **request: Any) -> Path:
        """Saves a picture below the pictures folder; ``minute`` orders them in time."""
        path = self.pictures / name
        moment = 1_795_000_000 + 60 * minute
        save_as(generated_image(prompt, **request), path, datetime.fromtimestamp(moment).astimezone())
        os.utime(path, (moment, moment))
        return path

    def scan(self) -> Scanned:
        """Scans as the window does."""
        try:
            *_, last = self.gallery.scan()
        except sqlite3.DatabaseError:
            self.close()
            self.open()
            assert self.gallery.fault
            *_, last = self.gallery.scan()
        assert isinstance(last, Scanned)
        return last

    def found(self, query: Query | None = None) -> list[LibraryPicture]:
        return self.finder.pictures(self.finder.find(query or Query()).ids)

    def names(self, query: Query | None = None) -> list[str]:
        return [picture.path.name for picture in self.found(query)]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path)
    yield library
    library.close()
