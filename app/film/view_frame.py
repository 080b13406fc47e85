"""The frame of one view: a list to choose it, its explanation, and saving of its content."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QHideEvent, QImageWriter
from PySide6.QtWidgets import QFrame, QMenu, QStackedWidget, QToolButton, QWidget

from app.film.film_view import FilmView
from app.film.frame_context import FrameContext
from app.film.help_sheet import HelpSheet
from app.film.views import VIEWS
from app.widgets.building import hbox, stretched, vbox
from app.widgets.field import combo_box
from app.widgets.file_dialogs import ask_save
from app.widgets.icon_button import IconButton
from core.errors import SaveFailed
from core.files.atomic import write_file
from core.language.words import tr


class ViewFrame(QFrame):
    """Makes views when they are first chosen, and gives moments only to the visible one.

    Signals:
        call_selected, decode_wanted, attention_wanted, overlay_wanted: see `FilmView`. view_chosen: by the user.
        explained(str): the explanation of this view was closed.
        save_failed(object): a SaveFailed.
    """

    call_selected = Signal(int)
    decode_wanted = Signal(object)
    attention_wanted = Signal()
    overlay_wanted = Signal(object)
    view_chosen = Signal()
    explained = Signal(str)
    save_failed = Signal(object)

    def __init__(self, name: str, explained: set[str], parent: QWidget | None = None) -> None:
        """Takes ``explained``, shared among the frames: a text that was read in one is not shown in another."""
        super().__init__(parent)
        self.setProperty("role", "card")
        self._explained = explained
        self._views: dict[str, FilmView] = {}
        self._moment: FrameContext | None = None
        self._help: HelpSheet | None = None
        self._is_alone = False
        kinds = ((kind.label, key) for key, kind in VIEWS.items())
        self._chooser = combo_box(kinds, "viewCombo", tr("View"), tr("What to see of this step"))
        self._ask = IconButton("question", tr("What is this? Explains the view"), "explainViewButton", self)
        self._ask.setCheckable(True)
        self._save = self._save_button()
        self._stack = QStackedWidget(self)
        policy = self._stack.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._stack.setSizePolicy(policy)
        head = hbox(stretched(self._chooser), self._ask, self._save, spacing=2)
        vbox(head, stretched(self._stack), on=self, margins=6, spacing=4)
        self._chooser.currentIndexChanged.connect(self._chosen)
        self._chooser.activated.connect(self.view_chosen)
        self._ask.toggled.connect(self._explain)
        self.choose(name)
        if self._chooser.currentIndex() == 0:
            self._chosen()

    @property
    def view_name(self) -> str:
        return str(self._chooser.currentData())

    @property
    def view(self) -> FilmView:
        """Returns the visible view."""
        return self._views[self.view_name]

    def choose(self, name: str) -> None:
        self._chooser.setCurrentIndex(max(self._chooser.findData(name), 0))

    def set_alone(self, *, is_alone: bool) -> None:
        """Sets whether this is the only frame; then a view that was never explained explains itself."""
        if is_alone != self._is_alone:
            self._is_alone = is_alone
            self._ask.setChecked(False)
            self._explain_new_view()

    def show_moment(self, moment: FrameContext | None) -> None:
        """Shows a moment, or nothing for None."""
        self._moment = moment
        self._stack.setVisible(moment is not None)
        self._save.setEnabled(moment is not None)
        if moment is not None:
            self.view.show_moment(moment)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._moment is not None:
            self._save.menu().popup(event.globalPos())

    def save_picture(self, path: Path) -> None:
        """Writes the visible picture as PNG."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        QImageWriter(buffer, b"png").write(self.view.picture())
        self._write(path, bytes(buffer.data().data()))

    def save_numbers(self, path: Path) -> None:
        """Writes the numbers behind the view as CSV."""
        table = self.view.table(self._moment) if self._moment is not None else None
        if table is not None:
            self._write(path, table.csv().encode())

    @Slot()
    def _chosen(self) -> None:
        name = self.view_name
        if name not in self._views:
            view = self._views[name] = VIEWS[name].make()
            view.call_selected.connect(self.call_selected)
            view.decode_wanted.connect(self.decode_wanted)
            view.attention_wanted.connect(self.attention_wanted)
            view.overlay_wanted.connect(self.overlay_wanted)
            self._stack.addWidget(view)
        self._stack.setCurrentWidget(self._views[name])
        self._ask.setChecked(False)
        self._explain_new_view()
        self.show_moment(self._moment)

    def _explain_new_view(self) -> None:
        """Opens the explanation only if it leaves the view its room: four texts at once would hide everything."""
        is_there = self._is_alone and self._moment is not None
        if is_there and self.view_name not in self._explained:
            self._ask.setChecked(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._ask.setChecked(False)

    @Slot(bool)
    def _explain(self, is_wanted: bool) -> None:
        if self._help is not None:
            self._help.leave()
            self._help = None
        if is_wanted:
            film = self._moment.film if self._moment is not None else None
            was_asked = self._ask.hasFocus() or self._ask.underMouse()  # not while the user types elsewhere
            self._help = HelpSheet(self.view_name, VIEWS[self.view_name], film, self)
            self._help.explanation.closed.connect(self._understood)
            if was_asked:
                self._help.setFocus()

    @Slot()
    def _understood(self) -> None:
        self._explained.add(self.view_name)
        self.explained.emit(self.view_name)
        self._ask.setChecked(False)

    def _save_button(self) -> QToolButton:
        button = IconButton("export", tr("Save this view: as a picture or as numbers"), "saveViewButton", self)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        menu.addAction(tr("Save picture (PNG)…"), lambda: self._ask_where(self.save_picture, "png"))
        self._save_numbers = menu.addAction(
            tr("Save numbers (CSV)…"), lambda: self._ask_where(self.save_numbers, "csv")
        )
        menu.aboutToShow.connect(self._fit_menu)
        button.setMenu(menu)
        return button

    @Slot()
    def _fit_menu(self) -> None:
        has_numbers = self._moment is not None and self.view.table(self._moment) is not None
        self._save_numbers.setEnabled(has_numbers)

    def _ask_where(self, save: Callable[[Path], None], ending: str) -> None:
        step = self._moment.frame.step + 1 if self._moment is not None else 0
        name = f"{self.view_name}-step-{step}.{ending}"
        ask_save(self, tr("Save view"), save, [f"*.{ending}"], Path(name))

    def _write(self, path: Path, content: bytes) -> None:
        try:
            write_file(path, content)
        except SaveFailed as error:
            self.save_failed.emit(error)
