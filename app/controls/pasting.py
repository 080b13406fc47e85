"""A picture that is pasted on a button: a file, or pixels, which get a file so that recipes find them again."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QEvent, QIODevice, QObject
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from app.widgets.drop_router import file_in, is_source
from core.errors import SaveFailed
from core.files.atomic import write_file


class Pasting(QObject):
    """Takes what is pasted while a button has the focus, before the window's own command does."""

    def __init__(
        self, button: QWidget, folder: Path, take: Callable[[Path], object], refuse: Callable[[SaveFailed], object]
    ) -> None:
        """``folder`` is for pictures without a file; ``refuse`` is called where one cannot be kept there."""
        super().__init__(button)
        self._folder = folder
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
        if path is None and data.hasImage():
            try:
                path = self._kept()
            except SaveFailed as error:
                self._refuse(error)
        if path is not None:
            self._take(path)

    def _kept(self) -> Path | None:
        buffer, picture = QBuffer(), QGuiApplication.clipboard().image()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        if picture.isNull() or not picture.save(buffer, "PNG"):  # pyright: ignore[reportCallIssue, reportArgumentType]
            return None
        content = bytes(buffer.data().data())
        path = self._folder / f"pasted-{hashlib.sha256(content).hexdigest()[:12]}.png"
        write_file(path, content)
        return path
