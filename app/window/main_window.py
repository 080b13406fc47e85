"""The main window: puts the parts together, and remembers how the user arranged it."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QSize, QTimer, Slot
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import QMainWindow, QWidget

from app.canvas.zoom_view import ZoomView
from app.create.notices import FAILED, Notices
from app.create.page import CreatePage
from app.create.picture_commands import PictureCommands
from app.dialogs.about import AboutDialog
from app.dialogs.machine import MachineDialog
from app.gallery.commands import GalleryCommands
from app.gallery.page import GalleryPage
from app.messages.errors import Message
from app.models.page import ModelsPage
from app.noise.page import NoisePage
from app.preferences.controller import PreferencesController
from app.recent.model import RecentPictures
from app.shortcuts.actions import Actions
from app.shortcuts.keymap import Keymap
from app.shortcuts.menu_commands import menu_commands
from app.widgets.building import stretched, vbox
from app.widgets.colours import Colours
from app.widgets.icons import set_icon
from app.widgets.message_bar import Notice
from app.widgets.theme import indent_spin_boxes
from app.window.crash_report import CrashReport
from app.window.desktop_notification import RunNotification
from app.window.device_label import DeviceLabel
from app.window.file_imports import FileImports
from app.window.header import Header
from app.window.pages import Pages
from app.window.services import Services
from app.window.welcome import Welcome
from app.window.window_layout import WindowLayout
from core.settings.settings import Theme

DEFAULT_SIZE_PX = QSize(1360, 860)
ROOM_FOR_FRAME_PX = QSize(16, 40)
SMALLEST_SIZE_PX = (960, 600)


class MainWindow(QMainWindow):
    """One window for everything. Closing it ends its services.

    Attributes:
        services: what the window shows and works with, above all the ``session``.
        keymap: the keys of its commands. preferences: where they and everything else are changed.
        welcome: what is said at the first start.
        places: its pages, such as ``create_page``, where pictures are made.
        ended_in_time: False when the worker was still busy after closing.
    """

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle("Emulsion")
        self.setMinimumSize(*SMALLEST_SIZE_PX)
        self.ended_in_time = True
        self.services = services
        self.session = services.session
        self._may_lose_pictures = False
        session, settings_store, colours = self.session, services.settings_store, services.appearance.colours
        recent = RecentPictures(services.pictures)
        self.create_page = CreatePage(session, services.autoencoders, services.memory, recent, colours)
        self.gallery_page = GalleryPage(session, settings_store, colours)
        self.forward_page = NoisePage(session, settings_store)
        self.models_page = ModelsPage(session, settings_store)
        self._panes = (
            self._pane_action("Controls", "Ctrl+B", "pane-left", self.create_page.left),
            self._pane_action("Recent pictures", "Ctrl+Shift+B", "pane-right", self.create_page.right),
        )
        self._header = Header(*self._panes, DeviceLabel(session.device))
        self.places = Pages(self._header)
        for title, page in (
            ("Create", self.create_page),
            ("Gallery", self.gallery_page),
            ("Noise", self.forward_page),
            ("Models", self.models_page),
        ):
            self.places.add(title, page)
        centre = QWidget()
        vbox(self._header, stretched(self.places), on=centre, spacing=0)
        self.setCentralWidget(centre)
        messages = self.create_page.messages
        self._notices = Notices(messages, session, self)
        self._commands = PictureCommands(
            self, self.create_page, recent, services.pictures, session, settings_store, self._notices
        )
        self.gallery = GalleryCommands(self.gallery_page, session, colours, self)
        self.crash_report = CrashReport(messages, settings_store, session.device, self)
        self._menu_actions = Actions(self)
        self._menu_actions.fill(self.menuBar(), self.places.switches.actions(), self._panes)
        self.keymap = Keymap(menu_commands(self.menuBar(), self._menu_actions), settings_store, self)
        self._menu_actions.name_keys(self)
        self.preferences = PreferencesController(self, settings_store, session, self.keymap, services.memory)
        self.welcome = Welcome(messages, session, settings_store, self.preferences.open_folders, self)
        RunNotification(session, settings_store, self)
        self._imports = FileImports(self, services, self._notices)
        self._connect()
        self._connect_actions(self._menu_actions)
        self._restore()
        indent_spin_boxes(self)
        prompt = self.findChild(QWidget, "promptEdit")
        if prompt is not None:
            prompt.setFocus()
        services.pictures.find(settings_store.settings.pictures)
        self._commands.offer_unfinished()

    def _connect(self) -> None:
        services, preferences = self.services, self.preferences
        for page in (self.models_page, self.gallery):
            page.create_asked.connect(self._show_create)
        self.forward_page.denoising.connect(self._show_create)
        self.gallery.picture_asked.connect(self.show_picture)
        self.gallery.noise_asked.connect(self._noise)
        self._commands.noise_asked.connect(self._noise)
        self.places.page_changed.connect(lambda: self.forward_page.offer_current(self._commands.current_file()))
        self.models_page.file_asked.connect(self._imports.ask_model_file)
        self.models_page.training_asked.connect(partial(services.training.ask, self))
        self.create_page.left.loras.file_wanted.connect(self._imports.ask_lora_files)
        services.model_import.told.connect(self._show_notice)
        self.session.background.failed.connect(self._show_failure)
        services.lora_import.told.connect(self._show_above_canvas)
        services.appearance.changed.connect(self._show_colours)
        self._notices.close_asked.connect(self._close_anyway)
        preferences.address_changed.connect(self.models_page.take_address)
        preferences.token_held.connect(self.models_page.hold_token)
        preferences.theme_chosen.connect(self._take_theme)
        preferences.folder_changed.connect(services.pictures.find)
        preferences.models_changed.connect(self.session.refresh_models)
        preferences.models_changed.connect(self.session.loras.refresh)

    def _connect_actions(self, actions: Actions) -> None:
        create = self.create_page
        actions.follow(self.session)
        self._commands.connect_actions(actions)
        actions.add_model.triggered.connect(self._imports.ask_model_file)
        actions.add_model_folder.triggered.connect(self._imports.ask_model_folder)
        actions.quit.triggered.connect(self.close)
        actions.zoom_in.triggered.connect(partial(create.zoom, ZoomView.zoom_in))
        actions.zoom_out.triggered.connect(partial(create.zoom, ZoomView.zoom_out))
        actions.fit.triggered.connect(partial(create.zoom, ZoomView.fit))
        actions.actual_size.triggered.connect(partial(create.zoom, ZoomView.show_actual_size))
        actions.full_screen.triggered.connect(self._switch_full_screen)
        actions.shortcuts.triggered.connect(self.preferences.open_shortcuts)
        actions.diagnostics.triggered.connect(self.crash_report.copy_diagnostics)
        actions.updates.triggered.connect(self.preferences.check_for_updates)
        actions.about.triggered.connect(lambda: AboutDialog(self).open())
        actions.machine.triggered.connect(self._show_machine)
        actions.preferences.triggered.connect(self.preferences.open)
        actions.theme.triggered.connect(lambda: self._take_theme(actions.theme.checkedAction().data()))
        actions.backdrop.triggered.connect(
            lambda: create.canvas.set_backdrop(actions.backdrop.checkedAction().data())
        )

    def _pane_action(self, text: str, shortcut: str, icon_name: str, pane: QWidget) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(shortcut))
        action.setCheckable(True)
        action.setChecked(True)
        set_icon(action, icon_name)
        action.setIconVisibleInMenu(False)  # it would hide the tick
        action.setProperty("pane", pane.objectName())
        action.setToolTip(f"Show or hide: {text.lower()} ({shortcut})")
        action.toggled.connect(pane.setVisible)
        return action

    @Slot(object)
    def _show_notice(self, notice: Notice) -> None:
        """Shows it on the page that the user looks at."""
        pages = (self.gallery_page, self.forward_page, self.models_page)
        seen = next((page for page in pages if page is self.places.currentWidget()), self.create_page)
        seen.messages.show_notice(notice)

    @Slot(object)
    def _show_failure(self, message: Message) -> None:
        self._show_notice(Notice(FAILED, message, "error"))

    @Slot(object)
    def _show_above_canvas(self, notice: Notice) -> None:
        self._show_create()
        self._show_notice(notice)

    @Slot()
    def _switch_full_screen(self) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    @Slot(object)
    def _noise(self, picture: Path) -> None:
        self.places.show_place(self.forward_page)
        self.forward_page.open(picture)

    @Slot()
    def _show_create(self) -> None:
        self.places.show_place(self.create_page)

    @Slot(object)
    def show_picture(self, picture: Path) -> None:
        """Shows a saved picture in the place where pictures are made."""
        self._show_create()
        self.services.pictures.open(picture)

    @Slot()
    def _show_machine(self) -> None:
        MachineDialog(self.session.device, self.services.memory, self).open()

    @Slot(object)
    def _take_theme(self, theme: Theme) -> None:
        self.services.settings_store.change(theme=theme)
        self.services.appearance.choose(theme)
        self._menu_actions.check(self._menu_actions.theme, theme)

    @Slot(object)
    def _show_colours(self, colours: Colours) -> None:
        self.create_page.set_colours(colours)
        self.gallery_page.set_colours(colours)
        self.gallery.viewer.canvas.set_colours(colours)

    def _restore(self) -> None:
        settings, actions = self.services.settings_store.settings, self._menu_actions
        self.resize(DEFAULT_SIZE_PX.boundedTo(self.screen().availableSize() - ROOM_FOR_FRAME_PX))
        if settings.window_geometry:
            self.restoreGeometry(QByteArray.fromBase64(settings.window_geometry.encode()))
        layout = WindowLayout.from_text(settings.window_state)
        if layout.columns:
            self.create_page.setSizes(list(layout.columns))
        else:
            self.create_page.set_default_columns(self.width())
        for action in self._panes:
            action.setChecked(action.property("pane") not in layout.hidden)
        self.create_page.canvas.set_backdrop(layout.backdrop)
        self.session.set_preview_mode(settings.previews)
        actions.check(actions.theme, settings.theme)
        actions.check(actions.backdrop, layout.backdrop)

    def _remember(self) -> None:
        hidden = tuple(action.property("pane") for action in self._panes if not action.isChecked())
        layout = WindowLayout(tuple(self.create_page.sizes()), hidden, self.create_page.canvas.backdrop)
        geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        self.services.settings_store.change(
            window_geometry=geometry, window_state=layout.to_text(), previews=self.session.preview_mode
        )

    def close_soon(self, *_signal: object) -> None:
        """For the system's signals to end, which come in the middle of anything."""
        QTimer.singleShot(0, self.close)

    @Slot()
    def _close_anyway(self) -> None:
        self._may_lose_pictures = True
        QTimer.singleShot(0, self.close)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.session.unsaved and not self._may_lose_pictures:
            self._notices.warn_before_closing()
            event.ignore()
            return
        self._remember()
        self.hide()  # at once: what follows may take as long as a step
        self.ended_in_time = self.session.shutdown()
        event.accept()
