"""The user's actions in the gallery by keys, menus and buttons, connected with library, session and window."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from app.canvas.picture_actions import MarkMenu, PictureAction, action_of, mark_of, open_menu
from app.canvas.sharing import open_in_system
from app.create.picture_tools import PictureTools
from app.gallery.clipboard import GalleryClipboard
from app.gallery.comparing import Comparing
from app.gallery.export_dialog import ExportDialog
from app.gallery.file_mover import FileMover
from app.gallery.folder_adding import FolderAdding
from app.gallery.library_notices import LibraryNotices
from app.gallery.library_reader import PictureDetails
from app.gallery.page import GalleryPage
from app.gallery.picture_list import MOST_TAKEN, stack_text
from app.gallery.undo import LibraryUndo
from app.gallery.viewer import Viewer
from app.gallery.viewer_menu import ViewerMenu
from app.session.draft_editor import Applied
from app.session.run import SavedPicture
from app.session.session import Session
from app.widgets.colours import Colours
from core.gallery.marks import MarkChange
from core.gallery.query import LibraryPicture
from core.grid.folder import lies_in_grid
from core.language.words import tr
from core.request.request import GenerationRequest

KEYS = QKeySequence.StandardKey


class GalleryCommands(QObject):
    """Connects the page with the library, the session and the window.

    Attributes:
        handlers: the method behind each action.
        undo: what was done to the library.

    Signals:
        create_asked: show the place *Create*.
        picture_asked: the path of a picture to be opened there, with its film.
        noise_asked: the path of a picture for the place *Noise*.
        grid_asked: the path of a picture of a grid, or of its sheet.
    """

    create_asked = Signal()
    picture_asked = Signal(object)
    noise_asked = Signal(object)
    grid_asked = Signal(object)

    def __init__(
        self, page: GalleryPage, session: Session, colours: Colours, window: QWidget, tools: PictureTools
    ) -> None:
        super().__init__(window)
        self._page = page
        self._window = window
        self._session = session
        self._details: PictureDetails | None = None
        background = session.background
        self.undo = LibraryUndo(page.service, self)  # before the notices, whose bars go when it changes
        self.notices = LibraryNotices(page.messages, page.service, self.undo, session, self)
        self.viewer = Viewer(page.pictures, background, colours, window)
        ViewerMenu(self.viewer, self.do)
        self._comparing = Comparing(page.comparison, background, self.notices.show_error, self)
        self._clipboard = GalleryClipboard(page, self.notices, background, tools.copy, self)
        self._file_mover = FileMover(page.messages, page.service, self.undo.stack, window)
        self._folders = FolderAdding(page, self.notices, window)
        one, ask_folder = self._with_picture, self._file_mover.ask_folder
        self.handlers: dict[PictureAction, Callable[[], None]] = {
            PictureAction.open_viewer: lambda: self._activate(page.grid.currentIndex()),
            PictureAction.compare: self._compare,
            PictureAction.use_settings: self._use_settings,
            PictureAction.open_film: one(lambda picture: self.picture_asked.emit(picture.path)),
            PictureAction.branch: one(
                lambda picture: tools.branch(picture.path, self.create_asked.emit, self.notices.show_failure)
            ),
            PictureAction.more_like_this: one(lambda picture: tools.more_like_this(picture.path)),
            PictureAction.use_seed: one(lambda picture: tools.use_seed(picture.path)),
            PictureAction.generate_again: one(lambda picture: tools.generate_again(picture.path)),
            PictureAction.use_as_source: one(lambda picture: tools.use_as_source(picture.path)),
            PictureAction.guide_by: one(lambda picture: tools.guide_by(picture.path)),
            PictureAction.enlarge: lambda: self._with_files(tools.enlarge_asked.emit),
            PictureAction.paint_mask: one(lambda picture: tools.paint_mask(picture.path)),
            PictureAction.widen: one(lambda picture: tools.widen(picture.path)),
            PictureAction.show_changes: one(lambda picture: tools.changes_asked.emit(picture.path)),
            PictureAction.save_as: one(lambda picture: tools.save_as(picture.path)),
            PictureAction.open_in_editor: one(lambda picture: tools.open_in_editor(picture.path)),
            PictureAction.open_grid: one(lambda picture: self.grid_asked.emit(picture.path)),
            PictureAction.add_noise: one(lambda picture: self.noise_asked.emit(picture.path)),
            PictureAction.show_in_folder: one(lambda picture: open_in_system(picture.path.parent)),
            PictureAction.copy_picture: self._clipboard.copy_pictures,
            PictureAction.copy_recipe: lambda: self._clipboard.copy_recipe(self._details),
            PictureAction.find_similar: one(lambda picture: page.likeness.find(picture.id)),
            PictureAction.rename: self._rename,
            PictureAction.move: one(lambda picture: ask_folder(page.selected_ids, picture.path.parent)),
            PictureAction.export: self._export,
            PictureAction.delete: lambda: page.service.delete(page.selected_ids),
        }
        inspector = page.inspector
        page.grid.key_pressed.connect(self._take_key)
        page.grid.activated.connect(self._activate)
        page.grid.customContextMenuRequested.connect(self._open_menu)
        page.selection_changed.connect(self._inspect)
        page.view.marks_changed.connect(self._on_marks_changed)
        page.reader.details_loaded.connect(self._on_details_loaded)
        inspector.action_buttons.asked.connect(self.do)
        inspector.marks.changed.connect(self._mark)
        inspector.marks.note_changed.connect(page.service.mark)
        inspector.marks.name_chosen.connect(page.show_name)
        inspector.recipe.settings_asked.connect(self._apply)
        inspector.recipe.changes_asked.connect(self._edit)
        inspector.branches.chosen.connect(page.choose)
        self.notices.create_asked.connect(self.create_asked)
        self._folders.create_asked.connect(self.create_asked)
        self._comparing.ready.connect(page.show_comparison)
        self.viewer.closed.connect(self._return_from_viewer)
        self.viewer.key_pressed.connect(self._on_key_pressed)
        session.picture_saved.connect(self._on_picture_saved)
        session.picture_enlarged.connect(self._on_picture_saved)
        background.closing_begun.connect(inspector.marks.save_note)
        background.closing_begun.connect(self.viewer.close)

    @Slot(object)
    def do(self, action: PictureAction) -> None:
        """Does something with the chosen pictures; a key for one picture does nothing with several.

        The viewer opens at the cover of a closed stack.
        """
        count = len(self._page.selected_ids)
        is_viewed = action is PictureAction.open_viewer and self._page.grid.selected_count() == 1
        if count and (count == 1 or count in action.counts or is_viewed):
            self.handlers[action]()

    @property
    def _picture(self) -> LibraryPicture | None:
        """Returns the current picture."""
        page = self._page
        row = page.grid.currentIndex().row()
        rows = page.grid.selected_rows() if page.grid.selected_count() == 1 else []
        return page.pictures.picture(rows[0] if rows else row)

    def _with_picture(self, act: Callable[[LibraryPicture], object]) -> Callable[[], None]:
        """Returns an action on the current picture, which does nothing until its facts are loaded."""

        def do() -> None:
            if (picture := self._picture) is not None:
                act(picture)

        return do

    def _with_files(self, act: Callable[[tuple[Path, ...]], object]) -> None:
        """Acts on the files of the chosen pictures; does nothing until their facts are loaded."""
        known = [self._page.pictures.known(number) for number in self._page.selected_ids]
        paths = tuple(picture.path for picture in known if picture is not None)
        if len(known) > MOST_TAKEN:
            self.notices.show_too_many(MOST_TAKEN)
        elif len(paths) == len(known):
            act(paths)

    @Slot(object)
    def _take_key(self, event: QKeyEvent) -> None:
        if (change := mark_of(event, self._picture)) is not None:
            event.accept()
            if event.type() is QKeyEvent.Type.KeyPress:
                self._mark(change)
        elif (action := action_of(event)) is not None:
            event.accept()
            if event.type() is QKeyEvent.Type.KeyPress:
                self.do(action)
        elif event.key() == Qt.Key.Key_S and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            event.accept()
            if event.type() is QKeyEvent.Type.KeyPress:
                self._page.toggle_stack(self._page.grid.currentIndex().row())

    @Slot(object, object)
    def _on_key_pressed(self, event: QKeyEvent, picture: int) -> None:
        if (change := mark_of(event, self._page.pictures.known(picture))) is not None:
            event.accept()
            self._page.service.mark((picture,), change)
        elif action_of(event) is PictureAction.delete:
            event.accept()
            self._page.service.delete((picture,))
        elif event.type() is QKeyEvent.Type.KeyPress:
            for key, work in ((KEYS.Undo, self.undo.stack.undo), (KEYS.Redo, self.undo.stack.redo)):
                if event.matches(key):
                    event.accept()
                    work()

    @Slot(QModelIndex)
    def _activate(self, index: QModelIndex) -> None:
        if index.isValid():
            self.viewer.open(index.row())

    @Slot(QPoint)
    def _open_menu(self, position: QPoint) -> None:
        picture, count = self._picture, len(self._page.selected_ids)
        if picture is not None and count:
            place = self._page.grid.viewport().mapToGlobal(position)
            hidden = () if lies_in_grid(picture.path) else (PictureAction.open_grid,)
            handlers = {action: partial(self.do, action) for action in self.handlers if action not in hidden}
            marks = MarkMenu(picture.is_favourite, self._mark)
            open_menu(self._window, place, handlers, marks, count, has_film=picture.has_film, stack=self._stack())

    def _stack(self) -> tuple[str, Callable[[], object]] | None:
        """Returns the entry of the menu that opens or closes the stack of the current picture."""
        page, row = self._page, self._page.grid.currentIndex().row()
        stack = page.pictures.stack(row)
        if stack.count < 2:
            return None
        return tr("Close the stack") if stack.is_open else tr("Open the stack"), partial(page.toggle_stack, row)

    @Slot(object)
    def _mark(self, change: MarkChange) -> None:
        if pictures := self._page.selected_ids:
            self._page.service.mark(pictures, change)

    @Slot(object)
    def _on_marks_changed(self, pictures: tuple[int, ...]) -> None:
        if self._details is not None and self._details.picture.id in pictures:
            self._page.reader.load_details(self._details.picture.id)

    @Slot()
    def _inspect(self) -> None:
        page = self._page
        ids, rows = page.selected_ids, page.grid.selected_rows()
        count = len(ids)
        if count == 1:
            page.reader.load_details(ids[0])
        else:
            self._details = None
            if not count:
                page.inspector.show_none()
                return
            page.inspector.show_several(count, stack_text(page.pictures.stack(rows[0])) if len(rows) == 1 else "")
            if count <= MOST_TAKEN:  # their facts are needed to drag, copy and compare them
                page.pictures.load(rows)

    @Slot(object)
    def _on_details_loaded(self, details: PictureDetails) -> None:
        if self._page.selected_ids == (details.picture.id,):
            self._details = details
            self._page.inspector.show_details(details)

    @Slot(int)
    def _return_from_viewer(self, row: int) -> None:
        if 0 <= row < self._page.pictures.rowCount():
            self._page.grid.setCurrentIndex(self._page.pictures.index(row))
        self._page.grid.setFocus()

    def _rename(self) -> None:
        pictures, current = self._page.selected_ids, self._picture
        if len(pictures) > 1:
            self._file_mover.ask_pattern(pictures)
        elif current is not None:
            self._file_mover.ask_name(current)

    def _compare(self) -> None:
        page = self._page
        counts = PictureAction.compare.counts
        known = [page.pictures.known(number) for number in page.selected_ids[: counts.stop]]
        pictures = tuple(picture for picture in known if picture is not None)
        if len(pictures) in counts:
            self._comparing.compare(pictures)

    def _use_settings(self) -> None:
        if self._details is not None and self._details.recipe is not None:
            recipe = self._details.recipe
            self.notices.show_settings_used(self._session.apply(recipe.request, recipe.untold, recipe.program))
        elif self._details is not None:
            self.notices.show_no_recipe()

    @Slot(object, object)
    def _apply(self, request: GenerationRequest, untold: frozenset[str]) -> None:
        self.notices.show_settings_used(self._session.apply(request, untold))

    @Slot(object)
    def _edit(self, changes: Mapping[str, Any]) -> None:
        self._session.edit(**changes)
        self.notices.show_settings_used(Applied())

    def _export(self) -> None:
        page = self._page
        dialog = ExportDialog(page.selected_ids, page.index, self._session.background, self._window)
        dialog.finished_export.connect(self.notices.show_exported)
        dialog.failed.connect(self.notices.show_failure)
        dialog.open()

    @Slot(object)
    def _on_picture_saved(self, saved: SavedPicture) -> None:
        if self._page.view.is_open:
            self._page.service.index(saved.path)
