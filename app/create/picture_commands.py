"""The user's actions with pictures: open, paste, drop, show, copy, and use their settings."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QDrag, QGuiApplication
from PySide6.QtWidgets import QWidget

from app.canvas.current import CurrentView
from app.canvas.sharing import open_in_system
from app.create.branch_controller import BranchController
from app.create.candidates import Candidates
from app.create.compare_menu import CompareMenu
from app.create.comparison import FilmComparison
from app.create.contact_sheet import ContactSheet
from app.create.edit_changes import EditChanges
from app.create.enlarging import Enlarging
from app.create.film_controller import FilmController
from app.create.film_mask import FilmMask
from app.create.forever import Forever
from app.create.mask_place import MaskPlace
from app.create.more_like_this import MoreLikeThis
from app.create.notices import DELETED, Notices
from app.create.page import CreatePage
from app.create.page_undo import PageUndo
from app.create.picture_menu import PictureMenu
from app.create.picture_tools import PictureTools
from app.create.relatives_sheet import RelativesSheet
from app.create.unfinished import UnfinishedRuns, tell_discarded
from app.messages.errors import Message
from app.recent.model import RecentPictures
from app.session.picture_loader import OpenedPicture, PictureLoader
from app.session.run import RunState, SavedPicture
from app.session.session import Session
from app.session.set_aside import SetAside
from app.session.settings_store import SettingsStore
from app.session.upscaler_selection import UpscalerSelection
from app.shortcuts.actions import Actions
from app.widgets.drop_router import file_in, is_picture
from app.widgets.file_dialogs import PICTURES, ask_file
from core.film.reader import PART_SUFFIX
from core.gallery.deleting import Deleted
from core.language.words import tr
from core.recipes.recipe import Recipe
from core.request.request import GenerationRequest, Size

NO_FILE = Message(
    tr("Nothing to paste"),
    tr("There is no picture in the clipboard."),
    tr("Copy a picture in a file manager or in another program, or drop it on this window."),
)


class PictureCommands(QObject):
    """Connects the strip, the canvas, the loader and the session.

    Attributes:
        tools: what can be done with any picture. menu: the menus of this page. enlarging: makes pictures larger.
        undo: of settings and of what was done to pictures here.
        unfinished: the runs that were cut off.

    Signals:
        noise_asked: the path of a picture for the place *Noise*.
    """

    noise_asked = Signal(object)

    def __init__(
        self,
        window: QWidget,
        create: CreatePage,
        recent: RecentPictures,
        loader: PictureLoader,
        upscalers: UpscalerSelection,
        session: Session,
        settings_store: SettingsStore,
        notices: Notices,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._create = create
        self.undo = PageUndo(session.draft_editor, create)
        self._recent = recent
        self._loader = loader
        self._session = session
        self._settings_store = settings_store
        self._notices = notices
        self._current = CurrentView(create.canvas, session)
        self._films = FilmController(window, session, self._current, create.messages, settings_store)
        panel = self._films.panel
        self._branches = BranchController(panel, session, loader, lambda: settings_store.settings.pictures)
        self._comparison = FilmComparison(create, panel, self._current, loader, session.engine_tasks)
        compare_menu = CompareMenu(window, self._comparison, recent, self._branches)
        relatives = RelativesSheet(create.canvas)
        self._more_like_this = MoreLikeThis(relatives, panel, self._current, session, loader)
        self._more_like_this.beginning.connect(create.show_canvas)
        for tool in (self._branches.button, self._more_like_this.button, compare_menu.button):
            panel.transport.add_tool(tool)
        for below_canvas in (panel, self._branches.area):
            create.middle.add(below_canvas)
        panel.views_changed.connect(create.middle.follow_views)
        create.middle.follow_views(panel.open_names)
        FilmMask(panel, create.canvas)
        sheet = ContactSheet(session.early_choice, session.engine_tasks, create.canvas)
        self._set_aside = SetAside(session.background, self)
        self.unfinished = UnfinishedRuns(window, session, create.messages, self._set_aside, settings_store)
        sheet.chosen.connect(self._finish_chosen)
        self.tools = PictureTools(window, loader, session, settings_store)
        self.tools.relatives_asked.connect(self._more_like_this.begin_with)
        self.tools.failed.connect(notices.show_failure)
        self._masks = MaskPlace(create, session)
        self._masks.failed.connect(notices.show_failure)
        self.tools.mask_asked.connect(self._masks.open)
        self.tools.widen_asked.connect(self._masks.frames.open)
        self._candidates = Candidates(create, self._current, create.candidate_bar, session, loader)
        for shown in (loader.opened, panel.frame_selected):
            shown.connect(self._masks.close)
        self.menu = PictureMenu(window, loader, self.tools, settings_store.folders)
        self.enlarging = Enlarging(window, session, upscalers, self._show_enlarged, self.menu.delete)
        self.tools.enlarge_asked.connect(self.enlarging.ask)
        self.changes = EditChanges.on(create, panel, self._current, session, settings_store, self.menu.delete)
        self.changes.follow(self.tools, recent, self._show_enlarged)
        self.menu.branch_asked.connect(self._branch)
        self.menu.open_asked.connect(loader.open)
        self.menu.settings_asked.connect(self._use_settings)
        self.menu.noise_asked.connect(self.noise_asked)
        self._current.following_changed.connect(self._show_following)
        session.state_changed.connect(self._show_following)
        create.canvas.menu_asked.connect(self._open_canvas_menu)
        create.canvas.drag_asked.connect(self._drag_out)
        create.strip.delete_asked.connect(self.menu.delete)
        create.strip.chosen.connect(loader.open)
        create.strip.activated.connect(open_in_system)
        create.strip.menu_asked.connect(self._open_file_menu)
        self._branches.area.menu_wanted.connect(self._open_file_menu)
        for changed in (self._comparison.changed, self._more_like_this.changed, create.painting_changed):
            changed.connect(self._make_room)
        self.menu.compare_asked.connect(self._comparison.compare_with)
        create.recipe_card.use_asked.connect(self._use_settings)
        create.live_asked.connect(self._current.follow)
        loader.opened.connect(self._on_opened)
        loader.recipe_loaded.connect(self._use_recipe)
        loader.failed.connect(notices.show_failure)
        session.picture_saved.connect(self._add_recent)
        session.picture_enlarged.connect(self._add_recent)

    def current_file(self) -> Path | None:
        """The file of what the canvas shows, where it has one."""
        current = self._current.current
        return current.path if current is not None else None

    @Slot(object)
    def _finish_chosen(self, runs: tuple[str, ...]) -> None:
        if runs:
            self._current.follow()
        choice, folder = self._session.early_choice, self._settings_store.films_folder()
        discarded = choice.finish(runs)
        files = [folder / (film.run + PART_SUFFIX) for film in discarded] if folder is not None else []
        self._set_aside.put(files)

        def undo() -> None:
            self._set_aside.take_back(files)
            choice.take_back(discarded)

        if discarded:
            tell_discarded(self._create.messages, len(discarded), undo)

    def connect_actions(self, actions: Actions) -> None:
        self.undo.changed.connect(actions.update_undo)
        actions.open_settings.triggered.connect(self._ask_picture)
        actions.open_folder.triggered.connect(self._open_folder)
        actions.export_film.triggered.connect(self._films.export_film)
        actions.copy.triggered.connect(self._copy)
        actions.more_like_this.triggered.connect(self._more_like_this.begin)
        actions.repeat.triggered.connect(self._create.canvas.repeat)
        actions.unfinished.triggered.connect(self.unfinished.show_list)
        actions.paste.triggered.connect(self._paste)
        actions.save_as.triggered.connect(self._save_as)
        actions.delete.triggered.connect(self._delete)
        self.changes.follow_action(actions.changes)
        Forever(actions.forever, self._session)
        self._masks.stays_open = actions.forever.isChecked

    @Slot(object)
    def _branch(self, picture: Path) -> None:
        self.tools.branch(picture, self._films.follow_if_idle)

    @Slot()
    def _ask_picture(self) -> None:
        folder = self._settings_store.settings.pictures
        ask_file(self._window, tr("Load settings from image"), self._loader.load_recipe, [PICTURES], folder)

    @Slot()
    def _open_folder(self) -> None:
        folder = self._settings_store.settings.pictures
        if folder.is_dir():
            open_in_system(folder)
        else:
            sentence = tr("{folder} will be made when the first picture is saved.", folder=folder)
            self._notices.show_failure(Message(tr("There is no pictures folder yet"), sentence))

    @Slot()
    def _copy(self) -> None:
        if self._current.current is not None:
            self.tools.copy(self._current.current)

    @Slot()
    def _drag_out(self) -> None:
        if self._current.current is not None:
            drag = QDrag(self._create.canvas)
            drag.setMimeData(self.tools.mime_data(self._current.current))
            drag.exec(Qt.DropAction.CopyAction)

    @Slot()
    def _save_as(self) -> None:
        current = self._current.current
        if current is not None and current.generated is not None:
            self.tools.save_generated(current.generated, current.path.name if current.path else "picture.png")

    @Slot()
    def _delete(self) -> None:
        if (path := self.current_file()) is not None and not self._create.is_painting:  # it is out of sight then
            self.menu.delete(path)

    @Slot()
    def _paste(self) -> None:
        """Uses the settings of a copied file; a bitmap, which has none, becomes the image to start from."""
        data = QGuiApplication.clipboard().mimeData()
        path = file_in(data, is_picture)
        if path is not None:
            self._loader.load_recipe(path)
        elif data.hasImage():
            self._create.left.source.pasting.paste()
        else:
            self._notices.show_failure(NO_FILE)

    @Slot(object)
    def forget(self, deleted: tuple[Deleted, ...]) -> None:
        """Pictures have been moved to the trash; where this page is looked at it says so."""
        for one in deleted:
            self._recent.remove(one.picture)
        if self._create.isVisible():
            self._notices.show_deleted(deleted, self.menu.restore)

    @Slot(object)
    def take_back(self, undone: object) -> None:
        """A picture has come back from the trash."""
        if isinstance(undone, Deleted):
            self._recent.take_back(undone.picture)
            self._create.messages.dismiss(DELETED)

    @Slot(QPoint)
    def _open_canvas_menu(self, position: QPoint) -> None:
        if self._current.current is not None:
            self.menu.open_for_picture(self._current.current, position)

    @Slot()
    def _make_room(self) -> None:
        """Pictures side by side, and painting, need what there is."""
        is_needed = self._comparison.is_active or self._more_like_this.is_active or self._create.needs_room
        self._branches.give_way(is_needed=is_needed)

    @Slot(object, QPoint)
    def _open_file_menu(self, path: Path, position: QPoint) -> None:
        self.menu.open_for_file(path, position, can_compare=self._comparison.can_compare)

    @Slot(object)
    def _on_opened(self, opened: OpenedPicture) -> None:
        self._current.show_opened(opened)
        self._create.recipe_card.show_recipe(
            opened.recipe, opened.film_bytes, Size(opened.image.width(), opened.image.height())
        )
        self._films.open_film_of(opened.path)

    @Slot()
    def _show_following(self) -> None:
        is_following = self._current.is_following
        is_idle = self._session.state is RunState.idle
        self._create.show_live_button(is_visible=not is_following and not is_idle)
        if is_following:
            self._create.strip.forget_choice()
            self._create.recipe_card.hide()

    @Slot(object, object)
    def _use_recipe(self, _path: Path, recipe: Recipe) -> None:
        self._notices.show_settings_used(self._session.apply(recipe.request, recipe.untold, recipe.program))

    @Slot(object, object)
    def _use_settings(self, request: GenerationRequest, untold: frozenset[str]) -> None:
        self._notices.show_settings_used(self._session.apply(request, untold))

    def _show_enlarged(self, path: Path) -> None:
        self.tools.create_asked.emit()
        self._loader.open(path)

    @Slot(object)
    def _add_recent(self, saved: SavedPicture) -> None:
        self._recent.add(saved.path, saved.image.recipe)
