"""The menu of a picture on the page *Create*: on the canvas, among the recent ones, in the tree of branches."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QWidget

from app.canvas.current import CurrentPicture
from app.canvas.picture_actions import MarkMenu, PictureAction, open_menu
from app.canvas.sharing import open_in_system
from app.create.picture_tools import PictureTools
from app.session.picture_loader import PictureLoader
from core.film.reader import film_path
from core.gallery.deleting import Deleted
from core.gallery.gallery import MIRROR_NAME, gallery_folder
from core.gallery.marks import MarkChange, MarkStore
from core.grid.folder import lies_in_grid
from core.paths import Folders


class Library(Protocol):
    """The gallery, as far as this page changes it."""

    def mark_files(self, paths: tuple[Path, ...], change: MarkChange) -> None: ...

    def delete_files(self, paths: tuple[Path, ...]) -> None: ...

    def restore(self, deleted: tuple[Deleted, ...]) -> None: ...


class PictureMenu(QObject):
    """Opens the menus; what concerns the page is told by signals.

    Attributes:
        library: returns the gallery, which is made when it is first needed; None while there is none to ask.

    Signals:
        settings_asked: the `GenerationRequest` whose settings the user wants, and `Recipe.untold`.
        noise_asked, branch_asked, open_asked: the path of a picture to be noised, branched from, shown.
        grid_asked: the path of a picture of a grid, or of its sheet.
        compare_asked: the `Path` of a picture to be compared with the one that is shown.
    """

    settings_asked = Signal(object, object)
    noise_asked = Signal(object)
    branch_asked = Signal(object)
    open_asked = Signal(object)
    compare_asked = Signal(object)
    grid_asked = Signal(object)

    def __init__(self, window: QWidget, loader: PictureLoader, tools: PictureTools, folders: Folders) -> None:
        super().__init__(window)
        self._window = window
        self._loader = loader
        self._tools = tools
        # only read here: the gallery writes
        self._marks = MarkStore(gallery_folder(folders) / MIRROR_NAME, lambda _path: False)
        self.library: Callable[[], Library] | None = None

    def open_for_picture(self, picture: CurrentPicture, position: QPoint) -> None:
        """Opens the menu for the picture on the canvas, which may have no file yet."""
        handlers = self._of_file(picture.path) if picture.path is not None else {}
        if picture.request is not None:
            use = partial(self.settings_asked.emit, picture.request, picture.untold)
            handlers[PictureAction.use_settings] = use
        handlers[PictureAction.copy_picture] = partial(self._tools.copy, picture)
        if picture.generated is not None:
            name = picture.path.name if picture.path is not None else "picture.png"
            handlers[PictureAction.save_as] = partial(self._tools.save_generated, picture.generated, name)
        self._open(picture.path, handlers, position)

    def open_for_file(self, path: Path, position: QPoint, *, can_compare: bool = False) -> None:
        """Opens the menu for a picture of the strip; ``can_compare``: another picture is shown."""
        handlers = self._of_file(path)
        handlers[PictureAction.open_film] = partial(self.open_asked.emit, path)
        if can_compare:
            handlers[PictureAction.compare_shown] = partial(self.compare_asked.emit, path)
        self._open(path, handlers, position)

    def delete(self, *paths: Path) -> None:
        """Moves pictures with their films and marks to the trash."""
        if self.library is not None:
            self.library().delete_files(paths)

    def restore(self, deleted: tuple[Deleted, ...]) -> None:
        """Takes pictures back from the trash."""
        if self.library is not None:
            self.library().restore(deleted)

    def _of_file(self, path: Path) -> dict[PictureAction, Callable[[], object]]:
        tools = self._tools
        grid = {PictureAction.open_grid: partial(self.grid_asked.emit, path)} if lies_in_grid(path) else {}
        return {
            **grid,
            PictureAction.use_settings: partial(self._loader.load_recipe, path),
            PictureAction.use_seed: partial(tools.use_seed, path),
            PictureAction.generate_again: partial(tools.generate_again, path),
            PictureAction.use_as_source: partial(tools.use_as_source, path),
            PictureAction.guide_by: partial(tools.guide_by, path),
            PictureAction.paint_mask: partial(tools.paint_mask, path),
            PictureAction.widen: partial(tools.widen, path),
            PictureAction.add_noise: partial(self.noise_asked.emit, path),
            PictureAction.enlarge: partial(tools.enlarge_asked.emit, (path,)),
            PictureAction.show_changes: partial(tools.changes_asked.emit, path),
            PictureAction.branch: partial(self.branch_asked.emit, path),
            PictureAction.more_like_this: partial(tools.more_like_this, path),
            PictureAction.copy_picture: partial(self._loader.read, path, tools.copy),
            PictureAction.copy_recipe: partial(tools.copy_recipe, path),
            PictureAction.save_as: partial(tools.save_as, path),
            PictureAction.open_in_editor: partial(tools.open_in_editor, path),
            PictureAction.show_in_folder: partial(open_in_system, path.parent),
            PictureAction.delete: partial(self.delete, path),
        }

    def _open(
        self, path: Path | None, handlers: dict[PictureAction, Callable[[], object]], position: QPoint
    ) -> None:
        marks = None
        if path is not None and self.library is not None:
            library = self.library
            is_favourite = self._marks.read(path).is_favourite
            marks = MarkMenu(is_favourite, lambda change: library().mark_files((path,), change))
        has_film = path is not None and film_path(path).is_file()
        open_menu(self._window, position, handlers, marks, has_film=has_film)
