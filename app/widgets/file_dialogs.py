"""Questions for files and folders, in the system's own dialogs; nothing waits for the answer.

Each kind of question opens in the folder where it was last answered, see `FolderMemory`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Qt, QUrl
from PySide6.QtWidgets import QFileDialog, QWidget

from core.language.words import tr
from core.pictures import metadata, source

PICTURES, SOURCES = (
    tr("Pictures ({names})", names=" ".join(f"*{suffix}" for suffix in suffixes))
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
    dialog = QFileDialog(parent, title, str(_first_folder(parent, title, start.parent, filters)))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(filters)
    dialog.setDefaultSuffix(start.suffix.lstrip("."))
    dialog.selectFile(start.name)
    _open(parent, dialog, lambda paths: take(paths[0]))


class FolderMemory(QObject):
    """Remembers, as a child of the window, the folder that each kind of file dialog was last in."""

    def __init__(
        self,
        window: QWidget,
        pictures: Callable[[], Path],
        get: Callable[[str], str],
        keep: Callable[[str, str], None],
    ) -> None:
        """``get`` returns a folder by the title of the dialog, "" before the first time; ``keep`` stores one."""
        super().__init__(window)
        self.pictures = pictures
        self.get = get
        self.keep = keep


def _ask(
    parent: QWidget,
    title: str,
    mode: QFileDialog.FileMode,
    take: Callable[[list[Path]], object],
    filters: Sequence[str],
    start: Path | None = None,
    accept: str = "",
) -> None:
    is_file = start is not None and start.is_file()
    folder = start.parent if is_file and start is not None else _first_folder(parent, title, start, filters)
    dialog = QFileDialog(parent, title, str(folder))
    dialog.setFileMode(mode)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly, mode is QFileDialog.FileMode.Directory)
    if filters:
        dialog.setNameFilters(filters)
    if accept:
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, accept)
    if is_file:
        dialog.selectFile(str(start))
    _open(parent, dialog, take)


def _open(parent: QWidget, dialog: QFileDialog, take: Callable[[list[Path]], object]) -> None:
    memory, purpose = _memory(parent), _purpose(dialog.windowTitle())

    def answer(files: Sequence[str]) -> None:
        paths = [Path(file) for file in files]
        if memory is not None and paths:
            is_folder = dialog.fileMode() is QFileDialog.FileMode.Directory
            memory.keep(purpose, str(paths[0] if is_folder else paths[0].parent))
        take(paths)

    if memory is not None:  # Qt's own dialog; that of the system has its own places
        dialog.setSidebarUrls([QUrl.fromLocalFile(str(folder)) for folder in (memory.pictures(), Path.home())])
    dialog.filesSelected.connect(answer)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def _first_folder(parent: QWidget, title: str, start: Path | None, filters: Sequence[str]) -> Path:
    """Returns the folder of the last time, else ``start``, else that of the finished pictures or of downloads."""
    memory = _memory(parent)
    last = memory.get(_purpose(title)) if memory is not None else ""
    of_system = QStandardPaths.StandardLocation.DownloadLocation
    downloads = Path(QStandardPaths.writableLocation(of_system))
    is_for_pictures = any(text in (PICTURES, SOURCES) for text in filters)
    others = (memory.pictures(),) if memory is not None and is_for_pictures else (downloads,)
    candidates = (Path(last) if last else None, start, *others)
    return next((folder for folder in candidates if folder is not None and folder.is_dir()), Path.home())


def _memory(widget: QObject | None) -> FolderMemory | None:
    only_own = Qt.FindChildOption.FindDirectChildrenOnly
    while widget is not None:
        if (memory := widget.findChild(FolderMemory, options=only_own)) is not None:
            return memory
        widget = widget.parent()
    return None


def _purpose(title: str) -> str:
    """Returns the title without a number: moving one picture and moving several are one purpose."""
    return " ".join(word for word in title.split() if not word[0].isdigit())
