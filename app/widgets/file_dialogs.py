"""Questions for files and folders, in the system's own dialogs; nothing waits for the answer."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from core.pictures import metadata, source

PICTURES, SOURCES = (
    f"Pictures ({' '.join(f'*{suffix}' for suffix in suffixes)})"
    for suffixes in (metadata.SUFFIXES, source.SUFFIXES)
)
"""The filters for pictures that may hold settings, and for those that a run may begin with."""


def ask_file(
    parent: QWidget, title: str, take: Callable[[Path], object], filters: Sequence[str], start: Path | None = None
) -> None:
    """Asks for a file that is there, at first in ``start``: a folder, or a file that is offered again.

    ``take`` gets the answer; it is not called when the user cancels.
    """
    _ask(parent, title, QFileDialog.FileMode.ExistingFile, lambda paths: take(paths[0]), filters, start)


def ask_files(parent: QWidget, title: str, take: Callable[[list[Path]], object], filters: Sequence[str]) -> None:
    """Asks for one or several files that are there."""
    _ask(parent, title, QFileDialog.FileMode.ExistingFiles, take, filters)


def ask_folder(
    parent: QWidget, title: str, take: Callable[[Path], object], start: Path | None = None, accept: str = ""
) -> None:
    """Asks for a folder; ``accept`` is the text of the button."""
    _ask(parent, title, QFileDialog.FileMode.Directory, lambda paths: take(paths[0]), (), start, accept)


def ask_save(
    parent: QWidget, title: str, take: Callable[[Path], object], filters: Sequence[str], start: Path
) -> None:
    """Asks for a file to be written; ``start`` is offered, and lends its suffix to a name without one."""
    dialog = QFileDialog(parent, title, str(start.parent))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(filters)
    dialog.setDefaultSuffix(start.suffix.lstrip("."))
    dialog.selectFile(start.name)
    _open(dialog, lambda paths: take(paths[0]))


def _ask(
    parent: QWidget,
    title: str,
    mode: QFileDialog.FileMode,
    take: Callable[[list[Path]], object],
    filters: Sequence[str],
    start: Path | None = None,
    accept: str = "",
) -> None:
    folder = start if start is not None and start.is_dir() else Path.home()
    dialog = QFileDialog(parent, title, str(folder))
    dialog.setFileMode(mode)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly, mode is QFileDialog.FileMode.Directory)
    if filters:
        dialog.setNameFilters(filters)
    if accept:
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, accept)
    if start is not None and start.is_file():
        dialog.selectFile(str(start))
    _open(dialog, take)


def _open(dialog: QFileDialog, take: Callable[[list[Path]], object]) -> None:
    def answer(files: Sequence[str]) -> None:
        take([Path(file) for file in files])

    dialog.filesSelected.connect(answer)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
