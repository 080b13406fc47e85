"""Hands pictures on: to the clipboard, to the system's programs, and to the user's own editor."""

from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QMimeData, QProcess, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication

from app.canvas.current import CurrentPicture
from app.session.picture_loader import OpenedPicture

MOVING = {".gif": "image/gif", ".webp": "image/webp"}
"""Kinds of content that other programs paste as an animation."""


def mime_data(picture: CurrentPicture | OpenedPicture, *, with_file: bool) -> QMimeData:
    """Returns a picture for the clipboard or a drag; ``with_file``: and its file if it has one."""
    data = QMimeData()
    data.setImageData(picture.image)
    if picture.path is not None and with_file:
        data.setUrls([QUrl.fromLocalFile(str(picture.path))])
    return data


def copy_file(path: Path) -> None:
    """Puts a file into the clipboard: file managers and chats paste it; a GIF also as a picture that moves."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    kind = MOVING.get(path.suffix.lower())
    if kind is not None:
        with suppress(OSError):  # the file is offered all the same
            data.setData(kind, path.read_bytes())
    QGuiApplication.clipboard().setMimeData(data)


def open_in_system(path: Path) -> None:
    """Opens a picture or a folder with the system's program for it."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def open_in_editor(path: Path, editor: str) -> bool:
    """Opens a picture in a program of the user's choice, "" for the system's own; False if it does not start."""
    if not editor:
        return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
    if editor.endswith(".app"):
        return QProcess.startDetached("open", ["-a", editor, str(path)])[0]
    return QProcess.startDetached(editor, [str(path)])[0]
