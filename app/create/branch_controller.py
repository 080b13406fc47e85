"""Connects the tree of branches with the film, the pictures of the folder and what the session saves."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from app.branches.area import BranchArea, BranchReader
from app.branches.model import BranchModel
from app.film.film_panel import FilmPanel
from app.session.picture_loader import OpenedPicture, PictureLoader
from app.session.run import SavedPicture
from app.session.session import Session
from app.widgets.icon_button import IconButton
from core.language.words import tr
from core.runs.branch_tree import BranchTree


class BranchController(QObject):
    """Shows the tree of the run that is looked at, as soon as it has more than one run.

    Attributes:
        area: the tree, hidden at first. button: shows and hides it; there while there are branches.
    """

    def __init__(
        self, panel: FilmPanel, session: Session, loader: PictureLoader, folder: Callable[[], Path]
    ) -> None:
        """``folder`` tells where the pictures are."""
        super().__init__(panel)
        self._panel = panel
        self._folder = folder
        self._run = ""
        self._reader = BranchReader(folder, session.background, self)
        self._model = BranchModel(loader, self)
        self.area = BranchArea(self._model)
        self.area.hide()
        self.button = IconButton(
            "branches", tr("Branches: the runs that left this one, and the one it left"), "branchesButton"
        )
        self.button.setCheckable(True)
        self.button.hide()
        self.button.toggled.connect(self._open)
        self.button.clicked.connect(self._remember)
        self._was_closed = False
        self._gives_way = self._gave_way = False
        self._opens_by_itself = False
        self._reader.found.connect(self._on_found)
        panel.film_changed.connect(self._on_film_changed)
        panel.views_changed.connect(self._make_room)
        loader.opened.connect(self._on_opened)
        session.picture_saved.connect(self._on_picture_saved)
        self.area.opened.connect(loader.open)

    @property
    def folder(self) -> Path:
        """Returns the present folder of the pictures."""
        return self._folder()

    @property
    def parent_picture(self) -> Path | None:
        """Of the run that the shown one has left, None where there is none."""
        tree = self._model.tree
        parent = tree.runs[tree.current].parent if tree is not None else None
        return self._model.picture(parent) if parent is not None else None

    def give_way(self, *, is_needed: bool) -> None:
        """Something above needs the room for a while; the tree comes back when that is over."""
        self._gives_way = is_needed
        if is_needed:
            self._gave_way |= self.button.isChecked()
            self.button.setChecked(False)
        elif self._gave_way:
            self._gave_way = False
            self.button.setChecked(not self._panel.transport.views.isChecked())

    @Slot()
    def _on_film_changed(self) -> None:
        film = self._panel.film
        if film is not None:
            self._look_for(film.run)

    @Slot(object)
    def _on_opened(self, opened: OpenedPicture) -> None:
        """Also pictures without a film know their run."""
        self._look_for(opened.recipe.run if opened.recipe is not None else "")

    @Slot(object)
    def _on_picture_saved(self, saved: SavedPicture) -> None:
        """A new picture belongs to the tree at once."""
        opens = saved.image.recipe.parent is not None and not self._was_closed
        self._opens_by_itself = opens and not self._gives_way
        self._gave_way |= opens and self._gives_way
        if self._run:
            self._reader.find(self._run)

    def _look_for(self, run: str) -> None:
        if run != self._run:
            self._run = run
            self._reader.find(run)

    @Slot(str, object)
    def _on_found(self, run: str, tree: BranchTree | None) -> None:
        if tree is None and self._is_in_the_making(run):
            return
        tree = tree if tree is not None and len(tree.runs) > 1 else None
        self._model.show_tree(tree)
        if tree is None:
            self.button.hide()
            self.area.hide()
            return
        self.button.setText(tr("Branches {count}", count=len(tree.runs)))
        self.button.show()
        if self._opens_by_itself and not self._panel.transport.views.isChecked():
            self.button.setChecked(True)
        self._opens_by_itself = False
        self.area.setVisible(self.button.isChecked())

    def _is_in_the_making(self, run: str) -> bool:
        """Returns whether a run is a branch of the shown tree without a picture yet; then the tree stays."""
        film, tree = self._panel.film, self._model.tree
        if film is None or film.run != run or film.parent is None or tree is None:
            return False
        return tree.find(film.parent.run) is not None

    @Slot(bool)
    def _open(self, is_open: bool) -> None:
        if is_open:
            self._panel.open_views(())
        self.area.setVisible(is_open and self._model.tree is not None)

    @Slot(bool)
    def _remember(self, is_open: bool) -> None:
        """Who closed the tree does not want it back by itself."""
        self._was_closed = not is_open

    @Slot(object)
    def _make_room(self, views: tuple[str, ...]) -> None:
        if views:
            self.button.setChecked(False)
