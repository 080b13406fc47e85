"""Exports pictures in the background, with progress and cancel."""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.messages.errors import message
from app.session.background import BackgroundTasks
from core.errors import EmulsionError, SaveFailed
from core.gallery.encoding import Encoding
from core.gallery.export import Export, Exported, export_files, export_sheet, export_zip
from core.gallery.finder import Finder


class ExportKind(Enum):
    """The forms of an export."""

    files = auto()
    zip_file = auto()
    contact_sheet = auto()


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """The pictures to export, and the target.

    Attributes:
        pictures: ids in the index.
        target: a folder for files, else the path of the file.
    """

    pictures: tuple[int, ...]
    kind: ExportKind
    encoding: Encoding
    target: Path


@dataclass(frozen=True, slots=True)
class ExportReport:
    """The result of an export; ``unreadable`` pictures were left out."""

    request: ExportRequest
    done: int
    unreadable: int
    is_cancelled: bool


class PictureExporter(QObject):
    """Makes one export at a time.

    Signals:
        progressed: `core.gallery.export.Exported`.
        ended: an `ExportReport`.
        failed: a `Message`.
    """

    progressed = Signal(object)
    ended = Signal(object)
    failed = Signal(object)

    def __init__(self, index: Path, background: BackgroundTasks, parent: QObject) -> None:
        """``index`` is the folder of the library's index."""
        super().__init__(parent)
        self._index = index
        self._is_cancelled = False
        self._tasks = background.queue(self, "export")

    def start(self, request: ExportRequest) -> None:
        self._is_cancelled = False
        export = partial(self._export, request)
        self._tasks.follow(export, self.progressed.emit, self.ended.emit, self._on_failed)

    def cancel(self) -> None:
        """Ends after the picture in progress."""
        self._is_cancelled = True

    def _on_failed(self, error: EmulsionError) -> None:
        self.failed.emit(message(error))

    def _export(self, request: ExportRequest) -> Generator[Exported, None, ExportReport]:
        """In a background thread. Raises SaveFailed."""
        try:
            with closing(Finder(self._index)) as finder:
                paths = [picture.path for picture in finder.pictures(request.pictures)]
        except sqlite3.Error as error:
            raise SaveFailed(request.target, "the gallery's index cannot be read") from error
        done = unreadable = 0
        with closing(_export(paths, request)) as export:
            for exported in export:
                done = exported.done
                unreadable += bool(exported.problem)
                yield exported
                if self._is_cancelled:
                    break
        return ExportReport(request, done, unreadable, self._is_cancelled and done < len(paths))


def _export(paths: Sequence[Path], request: ExportRequest) -> Export:
    match request.kind:
        case ExportKind.files:
            return export_files(paths, request.target, request.encoding)
        case ExportKind.zip_file:
            return export_zip(paths, request.target, request.encoding)
        case ExportKind.contact_sheet:
            return export_sheet(paths, request.target)
