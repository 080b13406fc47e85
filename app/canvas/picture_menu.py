"""Actions on a picture: the context menu of the canvas and of the strip, and the shortcuts."""

from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QPoint, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app.canvas.current import CurrentPicture
from app.session.picture_loader import PictureLoader


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
        self._picture: CurrentPicture | None = None

    def open_for_picture(self, picture: CurrentPicture, position: QPoint) -> None:
        """Opens the menu for the picture on the canvas."""
        self._picture = picture
        menu = QMenu(self._window)
        menu.addAction("Copy picture").triggered.connect(self._copy)
        save_as = menu.addAction("Save as…")
        save_as.triggered.connect(self._save_as)
        save_as.setEnabled(picture.generated is not None)
        show = menu.addAction("Show in folder")
        show.triggered.connect(self._show_in_folder)
        show.setEnabled(picture.path is not None)
        menu.addSeparator()
        use = menu.addAction("Use these settings")
        use.triggered.connect(self._use)
        use.setEnabled(picture.request is not None)
        noise = menu.addAction("Add noise to this picture…")
        noise.triggered.connect(self._noise)
        noise.setEnabled(picture.path is not None)
        self._pop_up(menu, position)

    def open_for_file(self, path: Path, position: QPoint, *, can_compare: bool = False) -> None:
        """Opens the menu for a picture of the strip; ``can_compare``: another picture is shown."""
        menu = QMenu(self._window)
        for text, slot in (
            ("Use these settings", lambda: self._loader.load_recipe(path)),
            ("Add noise to this picture…", lambda: self.noise_asked.emit(path)),
            ("Open in the system's viewer", lambda: open_in_system(path)),
            ("Show in folder", lambda: open_in_system(path.parent)),
            ("Copy picture", lambda: self._loader.load_copy(path)),
        ):
            menu.addAction(text).triggered.connect(slot)
        menu.addSeparator()
        compare = menu.addAction("Compare with the picture shown")
        compare.setEnabled(can_compare)
        compare.triggered.connect(lambda: self.compare_asked.emit(path))
        self._pop_up(menu, position)

    def copy(self, picture: CurrentPicture) -> None:
        """Puts the picture, and its file if it has one, into the clipboard."""
        data = QMimeData()
        data.setImageData(picture.image)
        if picture.path is not None:
            data.setUrls([QUrl.fromLocalFile(str(picture.path))])
        QGuiApplication.clipboard().setMimeData(data)

    def _pop_up(self, menu: QMenu, position: QPoint) -> None:
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(position)

    def _copy(self) -> None:
        if self._picture is not None:
            self.copy(self._picture)

    def _save_as(self) -> None:
        picture = self._picture
        if picture is None or picture.generated is None:
            return
        name = picture.path.name if picture.path else "picture.png"
        dialog = QFileDialog(self._window, "Save the picture as", str(Path.home()))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(["PNG (*.png)", "JPEG (*.jpg *.jpeg)", "WebP (*.webp)"])
        dialog.setDefaultSuffix("png")
        dialog.selectFile(name)
        dialog.fileSelected.connect(self._save_to)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _save_to(self, file: str) -> None:
        if self._picture is not None and self._picture.generated is not None:
            self._loader.save_as(self._picture.generated, Path(file))

    def _show_in_folder(self) -> None:
        if self._picture is not None and self._picture.path is not None:
            open_in_system(self._picture.path.parent)

    def _use(self) -> None:
        if self._picture is not None and self._picture.request is not None:
            self.settings_asked.emit(self._picture.request, self._picture.untold)

    def _noise(self) -> None:
        if self._picture is not None and self._picture.path is not None:
            self.noise_asked.emit(self._picture.path)


def open_in_system(path: Path) -> None:
    """Opens a picture or a folder with the system's program for it."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
