"""All actions of the menus with their shortcuts; the main window connects them."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Protocol, TypeVar

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtGui import QAction, QActionGroup, QHelpEvent, QKeySequence, QUndoStack
from PySide6.QtWidgets import QMenu, QMenuBar, QToolTip, QWidget

from app.canvas.backdrop import Backdrop
from app.session.run import RunState
from app.session.session import Session
from app.widgets.icons import set_icon
from core.language.words import tr
from core.settings.look import Theme

Choice = TypeVar("Choice", bound=Enum)


class History(Protocol):
    """The changes that the page *Create* takes back; `app.create.page_undo.PageUndo` is one."""

    @property
    def can_undo(self) -> bool: ...

    @property
    def can_redo(self) -> bool: ...

    @property
    def undo_text(self) -> str: ...

    @property
    def redo_text(self) -> str: ...

    def undo(self) -> None: ...

    def redo(self) -> None: ...


class Actions(QObject):
    """Each attribute is an action, or a group of one checkable action per member of an enum (its data)."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._stack: QUndoStack | None = None
        self.open_settings = self._make(tr("Load settings from image…"), "Ctrl+O")
        self.open_folder = self._make(tr("Open pictures folder"), "Ctrl+Shift+O", "folder")
        self.add_model = self._make(tr("Add a model file…"))
        self.add_model_folder = self._make(tr("Add a folder with models…"))
        self.save_as = self._make(tr("Save picture as…"), "Ctrl+S")
        self.delete = self._make(tr("Move picture to trash"), icon_name="trash")
        self.export_film = self._make(tr("Export film…"), "Ctrl+E", "film")
        self.preferences = self._make(tr("Preferences…"), "Ctrl+,")
        self.quit = self._make(tr("Quit"), "Ctrl+Q")
        self.undo = self._make(tr("Undo"), "Ctrl+Z", "undo")
        self.redo = self._make(tr("Redo"), "Ctrl+Shift+Z", "redo")
        keys = [QKeySequence("Ctrl+Shift+Z"), *QKeySequence.keyBindings(QKeySequence.StandardKey.Redo)]
        self.redo.setShortcuts(list(dict.fromkeys(keys)))
        self.copy = self._make(tr("Copy picture"), "Ctrl+C", "copy")
        self.paste = self._make(tr("Paste settings or image"), "Ctrl+V")
        self.generate = self._make(tr("Generate"), "Ctrl+Return", "play")
        self.generate.setShortcuts([QKeySequence("Ctrl+Return"), QKeySequence("Ctrl+Enter")])
        self.forever = self._make(tr("Generate forever"), "Ctrl+Shift+Return", is_checkable=True)
        self.stop = self._make(tr("Stop"), "Esc", "stop")
        self.pause = self._make(tr("Pause"), "F8", "pause")
        self.single_step = self._make(tr("Single step"), "F10", "step")
        self.more_like_this = self._make(tr("More like this"), "Ctrl+M", "pictures")
        self.grid = self._make(tr("Make a grid…"), "Ctrl+Shift+G", "grid")
        self.unfinished = self._make(tr("Unfinished pictures…"))
        self.zoom_in = self._make(tr("Zoom in"), "Ctrl++", "plus")
        self.zoom_in.setShortcuts([QKeySequence("Ctrl++"), QKeySequence("Ctrl+=")])
        self.zoom_out = self._make(tr("Zoom out"), "Ctrl+-", "minus")
        self.fit = self._make(tr("Fit to window"), "Ctrl+0", "fit")
        self.actual_size = self._make(tr("Actual size (100 %)"), "Ctrl+1", "actual-size")
        self.repeat = self._make(tr("Repeat the picture"), "Ctrl+T", "grid")
        self.changes = self._make(tr("Show what changed"), "Ctrl+D", "difference", is_checkable=True)
        self.next_pane = self._make(tr("Next pane"), "F6")
        self.previous_pane = self._make(tr("Previous pane"), "Shift+F6")
        self.full_screen = self._make(tr("Full screen"), "F11", is_checkable=True)
        self.backdrop = self._group(
            {Backdrop.neutral: tr("Neutral background"), Backdrop.checker: tr("Checkerboard background")}
        )
        self.theme = self._group(
            {Theme.system: tr("Match system"), Theme.light: tr("Light"), Theme.dark: tr("Dark")}
        )
        self.first_steps = self._make(tr("First steps"))
        self.shortcuts = self._make(tr("Keyboard shortcuts"), "F1")
        self.machine = self._make(tr("This machine…"))
        self.diagnostics = self._make(tr("Copy diagnostics"), icon_name="copy")
        self.updates = self._make(tr("Check for updates…"))
        self.about = self._make(tr("About Emulsion"))
        self.preferences.setMenuRole(QAction.MenuRole.PreferencesRole)
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)
        self.about.setMenuRole(QAction.MenuRole.AboutRole)

    def name_keys(self, window: QWidget) -> None:
        """Adds the keys to the tooltips of the buttons of ``window`` that do the work of an action."""
        buttons = {
            "generateButton": self.generate,
            "stopButton": self.stop,
            "pauseButton": self.pause,
            "stepButton": self.single_step,
            "filmExportButton": self.export_film,
        }
        KeyTips(window, buttons)

    def fill(
        self, bar: QMenuBar, places: Sequence[QAction], panes: Sequence[QAction], presets: QMenu | None = None
    ) -> None:
        """Builds the menus; ``places`` switch between the window's pages, ``panes`` show and hide its panes."""
        file = [self.open_settings, self.open_folder, self.save_as]
        _fill(
            bar.addMenu(tr("&File")),
            file,
            [self.export_film],
            [self.add_model, self.add_model_folder],
            [self.quit],
        )
        own = [presets.menuAction()] if presets is not None else []
        edit = [self.undo, self.redo], [self.copy, self.paste, self.delete], [*own, self.preferences]
        _fill(bar.addMenu(tr("&Edit")), *edit)
        run = (
            [self.generate, self.forever, self.grid, self.stop],
            [self.pause, self.single_step],
            [self.more_like_this, self.unfinished],
        )
        _fill(bar.addMenu(tr("&Run")), *run)
        zoom = [self.zoom_in, self.zoom_out, self.fit, self.actual_size, self.repeat, self.changes]
        view = bar.addMenu(tr("&View"))
        _fill(view, places, [*panes, self.next_pane, self.previous_pane], zoom, self.backdrop.actions())
        view.addMenu(tr("Theme")).addActions(self.theme.actions())
        view.addAction(self.full_screen)
        help_ = [self.first_steps, self.shortcuts, self.machine, self.diagnostics, self.updates, self.about]
        _fill(bar.addMenu(tr("&Help")), help_)

    def follow(self, session: Session, history: History) -> None:
        """Connects the actions of the session, and enables them only while they can act."""
        self._session = session
        self._history = history
        self.undo.triggered.connect(self._on_undo)
        self.redo.triggered.connect(self._on_redo)
        self.generate.triggered.connect(session.generate)
        self.stop.triggered.connect(session.stop)
        self.single_step.triggered.connect(session.single_step)
        self.pause.triggered.connect(self._pause_or_resume)
        session.state_changed.connect(self._update_run)
        self.update_undo()
        self._update_run(session.state)

    def check(self, group: QActionGroup, choice: Enum) -> None:
        """Marks the action for this choice, without triggering it."""
        for action in group.actions():
            action.setChecked(action.data() is choice)

    @Slot()
    def _pause_or_resume(self) -> None:
        if self._session.state is RunState.paused:
            self._session.resume()
        else:
            self._session.pause()

    def use_stack(self, page: QWidget, stack: QUndoStack, shown: QWidget) -> None:
        """Undo and redo are those of a page's own stack while it is ``shown``, otherwise those of *Create*."""
        self._stack = stack if shown is page else None
        self.update_undo()

    @Slot()
    def _on_undo(self) -> None:
        (self._stack or self._history).undo()

    @Slot()
    def _on_redo(self) -> None:
        (self._stack or self._history).redo()

    @Slot()
    def update_undo(self) -> None:
        """Enables undo and redo while they can act, and names what they act on."""
        stack, history = self._stack, self._history
        self.undo.setEnabled(history.can_undo if stack is None else stack.canUndo())
        self.redo.setEnabled(history.can_redo if stack is None else stack.canRedo())
        undo = history.undo_text if stack is None else stack.undoText()
        redo = history.redo_text if stack is None else stack.redoText()
        self.undo.setText(tr("Undo {action}", action=undo) if undo else tr("Undo"))
        self.redo.setText(tr("Redo {action}", action=redo) if redo else tr("Redo"))

    @Slot(object)
    def _update_run(self, state: RunState) -> None:
        self.stop.setEnabled(state in (RunState.running, RunState.paused))
        self.pause.setEnabled(state in (RunState.running, RunState.paused))
        self.pause.setText(tr("Resume") if state is RunState.paused else tr("Pause"))
        self.single_step.setEnabled(state is not RunState.stopping)

    def _make(self, text: str, shortcut: str = "", icon_name: str = "", *, is_checkable: bool = False) -> QAction:
        action = QAction(text, self._window)
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
        if icon_name:
            set_icon(action, icon_name)
        action.setCheckable(is_checkable)
        self._window.addAction(action)
        return action

    def _group(self, texts: dict[Choice, str]) -> QActionGroup:
        group = QActionGroup(self._window)
        for choice, text in texts.items():
            action = QAction(text, self._window)
            action.setCheckable(True)
            action.setData(choice)
            group.addAction(action)
        return group


def _fill(menu: QMenu, *groups: Sequence[QAction]) -> None:
    for number, group in enumerate(groups):
        if number:
            menu.addSeparator()
        menu.addActions(list(group))


class KeyTips(QObject):
    """Adds the present keys to the tooltips of buttons that do the work of a menu's command."""

    def __init__(self, window: QWidget, actions: Mapping[str, QAction]) -> None:
        """Takes the ``actions`` by the object names of their buttons, which are anywhere in ``window``."""
        super().__init__(window)
        self._actions = actions
        for name in actions:
            button = window.findChild(QWidget, name)
            if button is not None:
                button.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip and isinstance(watched, QWidget):
            QToolTip.showText(event.globalPos(), self.words(watched), watched)
            return True
        return super().eventFilter(watched, event)

    def words(self, button: QWidget) -> str:
        """Returns the button's tooltip, with the first key of its command if it has one."""
        key = self._actions[button.objectName()].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        return f"{button.toolTip()} ({key})" if key else button.toolTip()
