"""Hands pictures on: to the clipboard, to the system's programs, and to the user's own editor."""

from pathlib import Path

from PySide6.QtCore import QMimeData, QProcess, QUrl
from PySide6.QtGui import QDesktopServices

from app.canvas.current import CurrentPicture
from app.session.picture_loader import OpenedPicture


def mime_data(picture: CurrentPicture | OpenedPicture, *, with_file: bool) -> QMimeData:
    """Returns a picture for the clipboard or a drag; ``with_file``: and its file if it has one."""
    data = QMimeData()
    data.setImageData(picture.image)
    if picture.path is not None and with_file:
        data.setUrls([QUrl.fromLocalFile(str(picture.path))])
    return data


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
