"""A picture that is pasted on a button: a file, or pixels, which get a file so that recipes find them again."""

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QBuffer, QEvent, QIODevice, QObject
from PySide6.QtGui import QGuiApplication, QImage, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget
from shiboken6 import Shiboken

from app.messages.errors import message
from app.session.draft_files import DraftFiles
from app.widgets.drop_router import file_in, is_source
from core.errors import EmulsionError, SaveFailed
from core.files.atomic import write_file
from core.language.words import tr


class Pasting(QObject):
    """Takes what is pasted while a button has the focus, before the window's own command does."""

    def __init__(
        self,
        button: QWidget,
        folder: Path,
        files: DraftFiles,
        take: Callable[[Path], object],
        refuse: Callable[[SaveFailed], object],
    ) -> None:
        """``folder`` is for pictures without a file; ``refuse`` is called where one cannot be kept there."""
        super().__init__(button)
        self._folder = folder
        self._files = files
        self._take = take
        self._refuse = refuse
        button.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Paste):
            if event.type() is QEvent.Type.ShortcutOverride:
                event.accept()  # the window's own command would take the picture's settings
                return True
            if event.type() is QEvent.Type.KeyPress:
                self.paste()
                return True
        return super().eventFilter(watched, event)

    def paste(self) -> None:
        """Takes the file or the picture that is in the clipboard, if there is one."""
        data = QGuiApplication.clipboard().mimeData()
        path = file_in(data, is_source)
        if path is not None:
            self._take(path)
        elif data.hasImage():
            work = partial(_kept, QGuiApplication.clipboard().image(), self._folder)
            self._files.write(work, self._on_kept, self._on_not_kept)

    def _on_kept(self, path: Path) -> None:
        if Shiboken.isValid(self):  # a row may have been removed meanwhile
            self._take(path)

    def _on_not_kept(self, error: EmulsionError) -> None:
        if Shiboken.isValid(self):
            unknown = SaveFailed(self._folder, str(message(error)))
            self._refuse(error if isinstance(error, SaveFailed) else unknown)


def _kept(picture: QImage, folder: Path) -> Path:
    """Writes a picture, in a background thread, and returns its path, named by its content. Raises SaveFailed."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if picture.isNull() or not picture.save(buffer, "PNG"):  # pyright: ignore[reportCallIssue, reportArgumentType]
        raise SaveFailed(folder, tr("the clipboard has no picture that can be read"))
    content = bytes(buffer.data().data())
    path = folder / f"pasted-{hashlib.sha256(content).hexdigest()[:12]}.png"
    write_file(path, content)
    return path
