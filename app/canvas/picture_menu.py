"""Actions on a picture: the context menu of the canvas and of the strip, and the shortcuts."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QPoint, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from app.canvas.current import CurrentPicture
from app.session.picture_loader import OpenedPicture, PictureLoader
from app.widgets.file_dialogs import ask_save
from core.pictures.picture import GeneratedImage

Entry = tuple[str, Callable[[], object] | None]
"""The words of an action and what it does: None where that cannot be done."""

SEPARATOR: Entry = ("", None)


class PictureMenu(QObject):
    """Opens menus and carries out their actions.

    Signals:
        settings_asked: the `GenerationRequest` whose settings the user wants, and `Recipe.untold`.
        noise_asked: the path of a picture to be noised.
        compare_asked: the `Path` of a picture to be compared with the one that is shown.
    """

    settings_asked = Signal(object, object)
    noise_asked = Signal(object)
    compare_asked = Signal(object)

    def __init__(self, window: QWidget, loader: PictureLoader) -> None:
        super().__init__(window)
        self._window = window
        self._loader = loader

    def open_for_picture(self, picture: CurrentPicture, position: QPoint) -> None:
        """Opens the menu for the picture on the canvas."""
        path, generated, request = picture.path, picture.generated, picture.request
        use = partial(self.settings_asked.emit, request, picture.untold)
        self._open(
            position,
            ("Copy picture", partial(copy_picture, picture)),
            ("Save as…", partial(self._save_as, generated, path) if generated is not None else None),
            ("Show in folder", partial(open_in_system, path.parent) if path is not None else None),
            SEPARATOR,
            ("Use these settings", use if request is not None else None),
            ("Add noise to this picture…", partial(self.noise_asked.emit, path) if path is not None else None),
        )

    def open_for_file(self, path: Path, position: QPoint, *, can_compare: bool = False) -> None:
        """Opens the menu for a picture of the strip; ``can_compare``: another picture is shown."""
        self._open(
            position,
            ("Use these settings", partial(self._loader.load_recipe, path)),
            ("Add noise to this picture…", partial(self.noise_asked.emit, path)),
            ("Open in the system's viewer", partial(open_in_system, path)),
            ("Show in folder", partial(open_in_system, path.parent)),
            ("Copy picture", partial(self._loader.read, path, copy_picture)),
            SEPARATOR,
            ("Compare with the picture shown", partial(self.compare_asked.emit, path) if can_compare else None),
        )

    def _open(self, position: QPoint, *entries: Entry) -> None:
        menu = QMenu(self._window)
        for text, act in entries:
            action = menu.addAction(text) if text else menu.addSeparator()
            action.setEnabled(act is not None)
            if act is not None:
                action.triggered.connect(act)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(position)

    def _save_as(self, picture: GeneratedImage, path: Path | None) -> None:
        filters = ["PNG (*.png)", "JPEG (*.jpg *.jpeg)", "WebP (*.webp)"]
        start = Path.home() / (path.name if path is not None else "picture.png")
        ask_save(self._window, "Save the picture as", partial(self._loader.save_as, picture), filters, start)


def copy_picture(picture: CurrentPicture | OpenedPicture) -> None:
    """Puts a picture, and its file if it has one, into the clipboard."""
    data = QMimeData()
    data.setImageData(picture.image)
    if picture.path is not None:
        data.setUrls([QUrl.fromLocalFile(str(picture.path))])
    QGuiApplication.clipboard().setMimeData(data)


def open_in_system(path: Path) -> None:
    """Opens a picture or a folder with the system's program for it."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
