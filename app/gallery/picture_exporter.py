"""Exports pictures, with progress and cancel."""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from threading import Event

from core.errors import SaveFailed
from core.gallery.encoding import Encoding
from core.gallery.export import Export, Exported, export_files, export_sheet, export_zip
from core.gallery.finder import Finder
from core.language.words import tr


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


def export_pictures(
    index: Path, request: ExportRequest, cancelled: Event
) -> Generator[Exported, None, ExportReport]:
    """Exports pictures one after the other until ``cancelled`` is set; ``index`` is the folder of the index.

    Raises SaveFailed.
    """
    try:
        with closing(Finder(index)) as finder:
            paths = [picture.path for picture in finder.pictures(request.pictures)]
    except sqlite3.Error as error:
        raise SaveFailed(request.target, tr("the gallery's index cannot be read")) from error
    done = unreadable = 0
    with closing(_export(paths, request)) as export:
        for exported in export:
            done = exported.done
            unreadable += bool(exported.problem)
            yield exported
            if cancelled.is_set():
                break
    return ExportReport(request, done, unreadable, cancelled.is_set() and done < len(paths))


def _export(paths: Sequence[Path], request: ExportRequest) -> Export:
    match request.kind:
        case ExportKind.files:
            return export_files(paths, request.target, request.encoding)
        case ExportKind.zip_file:
            return export_zip(paths, request.target, request.encoding)
        case ExportKind.contact_sheet:
            return export_sheet(paths, request.target)
