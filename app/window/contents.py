"""Everything in the main window: puts the parts together, and remembers how the user arranged them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QWidget

from app.canvas.zoom_view import ZoomView
from app.create.columns import default_columns
from app.create.notices import FAILED, Notices
from app.create.page import CreatePage
from app.create.picture_commands import PictureCommands
from app.messages.errors import Message
from app.preferences.controller import PreferencesController
from app.recent.model import RecentPictures
from app.session.prompt_memory import PromptMemory
from app.session.queue_store import QueueStore
from app.shortcuts.actions import Actions
from app.shortcuts.keymap import Keymap
from app.shortcuts.menu_commands import menu_commands
from app.widgets.building import stretched, vbox
from app.widgets.file_dialogs import FolderMemory
from app.widgets.icons import set_icon
from app.widgets.message_bar import Notice
from app.widgets.theme import prepare_spin_boxes
from app.window.crash_report import CrashReport
from app.window.desktop_notification import RunNotification
from app.window.device_label import DeviceLabel
from app.window.file_imports import FileImports
from app.window.grid_place import GridPlace
from app.window.header import Header
from app.window.help_dialogs import HelpDialogs
from app.window.pages import Pages
from app.window.pane_focus import PaneFocus
from app.window.quit_question import QuitQuestion
from app.window.services import Services
from app.window.tour import Tour
from app.window.welcome import Welcome
from app.window.window_layout import WindowLayout
from core.language.words import in_sentence, tr
from core.settings.look import Theme

if TYPE_CHECKING:  # these pages are built when they are first shown
    from app.gallery.page import GalleryPage
    from app.models.page import ModelsPage
    from app.noise.page import NoisePage
    from core.downloads.hub import Secret


class Contents(QObject):
    """Part of the window. Connects its pages, its menus and its services.

    Attributes:
        places: the pages; create, gallery, noise, models, grid: each a `Page` of them.
        create_page: the widget of the one where pictures are made.
        keymap: the keys of the commands. preferences: where they and everything else are changed.
        notices: what is said of runs and pictures.
        quit_question: what is asked before the window closes. tour: the first steps.
        welcome: what is said at the first start. crash_report: what is said after a crash.
    """

    def __init__(self, window: QMainWindow, services: Services) -> None:
        super().__init__(window)
        self._window = window
        self._services = services
        self._session = services.session
        self._store = services.settings_store
        session, store = self._session, self._store
        FolderMemory(window, lambda: store.settings.pictures, store.dialog_folder, store.keep_dialog_folder)
        recent = RecentPictures(services.pictures)
        parts = services.autoencoders, services.memory, services.upscalers, services.masks, services.controls
        self.create_page = CreatePage(session, *parts, recent, services.appearance.colours)
        self.create_page.left.prompt.add_memory(PromptMemory(session, store.folders.data))
        self._panes = (
            self._pane_action(tr("Controls"), "Ctrl+B", "pane-left", self.create_page.left),
            self._pane_action(tr("Recent pictures"), "Ctrl+Shift+B", "pane-right", self.create_page.right),
        )
        header = Header(*self._panes, DeviceLabel(session.device))
        self.places = Pages(header)
        self.create = self.places.add(tr("Create"), lambda: self.create_page)
        self.gallery = self.places.add(tr("Gallery"), self._build_gallery)
        self.noise = self.places.add(tr("Noise"), self._build_noise)
        self.models = self.places.add(tr("Models"), self._build_models)
        self._grid_place = GridPlace(self.places, services, self)
        self.grid = self._grid_place.page
        self._pane_focus = PaneFocus(header, self.places)
        centre = QWidget()
        vbox(header, stretched(self.places), on=centre, spacing=0)
        window.setCentralWidget(centre)
        messages = self.create_page.messages
        self.notices = Notices(messages, session, window)
        self._commands = PictureCommands(
            window, self.create_page, recent, services.pictures, services.upscalers, session, store, self.notices
        )
        self.crash_report = CrashReport(messages, store, session.device, self)
        self.notices.report_asked.connect(self.crash_report.copy_diagnostics)
        self.notices.log_asked.connect(self.crash_report.open_log)
        self.tour = Tour(window, session)
        self._actions = Actions(window)
        presets = self.create_page.left.presets
        self._actions.fill(window.menuBar(), self.places.switches.actions(), self._panes, presets)
        presets.applied.connect(self.notices.show_preset_used)
        self.keymap = Keymap(menu_commands(window.menuBar(), self._actions), store, window)
        self._actions.name_keys(window)
        self.preferences = PreferencesController(window, store, session, self.keymap, services.memory)
        self.welcome = Welcome(messages, session, store, self.preferences.open_folders, self.tour.begin, self)
        HelpDialogs(window, self._actions, self.keymap, self.preferences, session, services.memory)
        self.quit_question = QuitQuestion(window, session, store)
        RunNotification(session, store, window)
        self._imports = FileImports(window, services, self.notices, self.create_page.canvas)
        self._connect()
        self._connect_actions()
        self._restore()
        prepare_spin_boxes(window)
        prompt = self.create_page.findChild(QWidget, "promptEdit")
        if prompt is not None:
            prompt.setFocus()
        services.pictures.most_recent = store.settings.recent_pictures
        services.pictures.find(store.settings.pictures)
        queue_store = QueueStore(session, store.folders, store.films_folder)
        queue_store.failed.connect(self.notices.show_failure)
        queue_store.restore()
        self._commands.unfinished.offer()

    @Slot(object)
    def show_picture(self, picture: Path) -> None:
        """Shows a saved picture in the place where pictures are made."""
        self._show_create()
        self._services.pictures.open(picture)

    def remember(self) -> None:
        """Keeps how the window is arranged."""
        hidden = tuple(action.property("pane") for action in self._panes if not action.isChecked())
        page = self.create_page
        arranged = (page.canvas.backdrop, page.left.folds.opened, page.middle.film_px)
        layout = WindowLayout(tuple(page.sizes()), hidden, *arranged)
        geometry = bytes(self._window.saveGeometry().toBase64().data()).decode()
        self._store.change(
            window_geometry=geometry, window_state=layout.to_text(), previews=self._session.preview_mode
        )

    def _build_gallery(self) -> GalleryPage:
        from app.gallery.commands import GalleryCommands
        from app.gallery.page import GalleryPage

        appearance = self._services.appearance
        page = GalleryPage(self._session, self._store, appearance.colours)
        commands = GalleryCommands(page, self._session, appearance.colours, self._window, self._commands.tools)
        page.service.deleted.connect(self._commands.forget)
        page.service.undone.connect(self._commands.take_back)
        page.service.failed.connect(self._show_failure)
        commands.create_asked.connect(self._show_create)
        commands.picture_asked.connect(self.show_picture)
        commands.noise_asked.connect(self._noise)
        commands.grid_asked.connect(self._grid_place.open)
        self._commands.undo.follow(commands.undo.stack)
        self.places.page_changed.connect(partial(self._actions.use_stack, page, commands.undo.stack))
        for shown in (page, commands.viewer.canvas):
            appearance.changed.connect(shown.set_colours)
        return page

    def _build_noise(self) -> NoisePage:
        from app.noise.page import NoisePage

        page = NoisePage(self._session, self._store)
        page.denoising.connect(self._show_create)
        self.places.page_changed.connect(lambda: page.offer_current(self._commands.current_file()))
        return page

    def _build_models(self) -> ModelsPage:
        from app.models.page import ModelsPage

        lacking = self._services.parts.lacking
        page = ModelsPage(self._session, self._store, autoencoders=self._services.autoencoders, lacking=lacking)
        page.create_asked.connect(self._show_create)
        page.file_asked.connect(self._imports.ask_model_file)
        page.training_asked.connect(partial(self._services.training.ask, self._window))
        page.variant_chosen.connect(self._services.training.choose_variant)
        page.part_chosen.connect(self._services.parts.choose)
        self._services.parts.refused.connect(partial(page.messages.show_message, "part", tone="error"))
        self.preferences.address_changed.connect(page.take_address)
        return page

    def _connect(self) -> None:
        services, preferences, session = self._services, self.preferences, self._session
        self.places.page_built.connect(prepare_spin_boxes)
        self.places.page_built.connect(self._imports.guard_text_fields)
        self._commands.noise_asked.connect(self._noise)
        self._commands.menu.grid_asked.connect(self._grid_place.open)
        self._grid_place.picture_asked.connect(self.show_picture)
        self._grid_place.live_asked.connect(self.create_page.live_asked)
        self._grid_place.live_asked.connect(self._show_create)
        self._commands.tools.create_asked.connect(self._show_create)
        self._commands.enlarging.told.connect(self._show_notice)
        self._commands.menu.library = lambda: self.gallery.widget.service
        self.create_page.left.loras.file_wanted.connect(self._imports.ask_lora_files)
        services.model_import.told.connect(self._show_notice)
        session.background.failed.connect(self._show_failure)
        services.lora_import.told.connect(self._show_above_canvas)
        services.appearance.changed.connect(self.create_page.set_colours)
        preferences.token_held.connect(self._hold_token)
        preferences.theme_chosen.connect(self._take_theme)
        preferences.folder_changed.connect(services.pictures.find)
        preferences.models_changed.connect(session.refresh_models)
        preferences.models_changed.connect(session.loras.refresh)

    def _connect_actions(self) -> None:
        create, actions = self.create_page, self._actions
        actions.follow(self._session, self._commands.undo)
        self._commands.connect_actions(actions)
        actions.add_model.triggered.connect(self._imports.ask_model_file)
        actions.add_model_folder.triggered.connect(self._imports.ask_model_folder)
        actions.grid.triggered.connect(partial(self.places.show_page, self.grid))
        actions.quit.triggered.connect(self.quit_question.quit)
        actions.zoom_in.triggered.connect(partial(create.zoom, ZoomView.zoom_in))
        actions.zoom_out.triggered.connect(partial(create.zoom, ZoomView.zoom_out))
        actions.fit.triggered.connect(partial(create.zoom, ZoomView.fit))
        actions.actual_size.triggered.connect(partial(create.zoom, ZoomView.show_actual_size))
        actions.next_pane.triggered.connect(partial(self._pane_focus.go, 1))
        actions.previous_pane.triggered.connect(partial(self._pane_focus.go, -1))
        actions.full_screen.triggered.connect(self._switch_full_screen)
        actions.first_steps.triggered.connect(self._show_create)
        actions.first_steps.triggered.connect(self.tour.begin)
        actions.diagnostics.triggered.connect(self.crash_report.copy_diagnostics)
        actions.updates.triggered.connect(self.preferences.check_for_updates)
        actions.preferences.triggered.connect(self.preferences.open)
        actions.theme.triggered.connect(lambda: self._take_theme(actions.theme.checkedAction().data()))
        actions.backdrop.triggered.connect(
            lambda: create.canvas.set_backdrop(actions.backdrop.checkedAction().data())
        )

    def _pane_action(self, text: str, shortcut: str, icon_name: str, pane: QWidget) -> QAction:
        action = QAction(text, self._window)
        action.setShortcut(QKeySequence(shortcut))
        action.setCheckable(True)
        action.setChecked(True)
        set_icon(action, icon_name)
        action.setIconVisibleInMenu(False)  # it would hide the tick
        action.setProperty("pane", pane.objectName())
        action.setToolTip(tr("Show or hide: {pane} ({shortcut})", pane=in_sentence(text), shortcut=shortcut))
        action.toggled.connect(pane.setVisible)
        return action

    @Slot(object)
    def _show_notice(self, notice: Notice) -> None:
        """Shows it on the page that the user looks at."""
        seen = next(page for page in self.places.pages if page.is_shown)
        seen.widget.messages.show_notice(notice)

    @Slot(object)
    def _show_failure(self, message: Message) -> None:
        self._show_notice(Notice(FAILED, message, "error"))

    @Slot(object)
    def _show_above_canvas(self, notice: Notice) -> None:
        self._show_create()
        self._show_notice(notice)

    @Slot()
    def _switch_full_screen(self) -> None:
        (self._window.showNormal if self._window.isFullScreen() else self._window.showFullScreen)()

    @Slot(object)
    def _noise(self, picture: Path) -> None:
        self.places.show_page(self.noise)
        self.noise.widget.open(picture)

    @Slot(object)
    def _hold_token(self, token: Secret) -> None:
        self.models.widget.hold_token(token)

    @Slot()
    def _show_create(self) -> None:
        self.places.show_page(self.create)

    @Slot(object)
    def _take_theme(self, theme: Theme) -> None:
        self._store.change(theme=theme)
        self._services.appearance.choose(theme)
        self._actions.check(self._actions.theme, theme)

    def _restore(self) -> None:
        settings, actions = self._store.settings, self._actions
        layout = WindowLayout.from_text(settings.window_state)
        self.create_page.setSizes(list(layout.columns or default_columns(self._window.width())))
        self.create_page.middle.film_px = layout.film_px
        for action in self._panes:
            action.setChecked(action.property("pane") not in layout.hidden)
        self.create_page.canvas.set_backdrop(layout.backdrop)
        self.create_page.left.folds.open(layout.opened)
        self._session.set_preview_mode(settings.previews)
        self._services.appearance.choose(settings.theme)  # the frame had the copy's, if the settings are damaged
        actions.check(actions.theme, settings.theme)
        actions.check(actions.backdrop, layout.backdrop)
