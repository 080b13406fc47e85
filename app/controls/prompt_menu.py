"""The list of earlier prompts and of styles, which opens below the prompt's caption."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QMenu, QWidget

from app.session.prompt_memory import PromptMemory
from app.widgets.building import hbox, named, push_button, stretched, text_label, vbox
from app.widgets.field import describe, search_edit
from app.widgets.file_dialogs import ask_file, ask_save
from app.widgets.popups import show_below
from core.language.words import tr
from core.prompt.bidi import isolated
from core.prompt.styles import FILE_NAME, Style
from core.settings.prompt_history import Prompts

SIZE_PX = (420, 420)
MOST_SHOWN = 200
_PAD_PX = 8
_LONGEST = 120
_ENTRY = Qt.ItemDataRole.UserRole
_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class PromptMenu(QFrame):
    """Styles first, then earlier prompts. Enter or a click uses one, Delete takes it away."""

    def __init__(self, memory: PromptMemory, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("promptMenu")
        self._memory = memory
        about = tr("Shows the styles and prompts that have all these words. Delete removes the selected one.")
        self.search = search_edit("promptSearch", tr("Search prompts"), tr("Search, or a name for a style"), about)
        self.list = named(QListWidget(), "promptList", tr("Styles and earlier prompts"))
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.hint = text_label(role="hint", is_plain=True, wraps=True)
        self.keep = push_button(clicked=self._keep, kind="quiet")
        self.more = push_button(tr("Styles"), kind="quiet")
        describe(self.more, "stylesButton", tr("Styles"), tr("Read or write a styles.csv, or forget the history"))
        self.more.setMenu(self._files_menu())
        row = hbox(stretched(self.keep), self.more, spacing=_PAD_PX)
        vbox(self.search, stretched(self.list), self.hint, row, on=self, margins=_PAD_PX, spacing=_PAD_PX)
        self.setFixedSize(*SIZE_PX)
        for watched in (self.search, self.list):
            watched.installEventFilter(self)
        self.search.textChanged.connect(self._fill)
        self.list.itemClicked.connect(self._use)
        memory.changed.connect(self._fill)

    def open_below(self, button: QWidget) -> None:
        """Shows everything, the search empty."""
        self.search.clear()
        self._fill()
        show_below(self, button)
        self.search.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            row = self.list.currentRow()
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row >= 0:
                self._use(self.list.item(row))
                return True
            if event.key() == Qt.Key.Key_Delete and row >= 0 and (watched is self.list or not self.search.text()):
                self._memory.forget(self._entry(self.list.item(row)))
                return True
            if watched is self.search and event.key() in _KEYS:
                self.list.keyPressEvent(event)
                return True
        return super().eventFilter(watched, event)

    @Slot()
    def _fill(self) -> None:
        words = self.search.text().casefold().split()
        entries: list[Style | Prompts] = [*self._memory.styles, *self._memory.history]
        texts = ((entry, _text(entry)) for entry in entries)
        found = [(entry, text) for entry, text in texts if all(word in text.casefold() for word in words)]
        row = self.list.currentRow()
        self.list.clear()
        for entry, text in found[:MOST_SHOWN]:
            item = QListWidgetItem(_line(entry))
            item.setData(_ENTRY, entry)
            item.setToolTip(text)
            self.list.addItem(item)
        self.list.setCurrentRow(min(max(row, 0), self.list.count() - 1))
        if not entries:
            self.hint.setText(tr("Prompts appear here once a picture was made with them."))
        else:
            self.hint.setText("" if found else tr("Nothing has all these words."))
        self.hint.setVisible(bool(self.hint.text()))
        name = " ".join(self.search.text().split())
        title = (
            tr("Keep the prompt as the style “{name}”", name=name) if name else tr("Keep the prompt as a style")
        )
        self.keep.setText(title.replace("&", "&&"))
        about = tr(
            "Type its name above. {place} in it stands for the prompt that it is used on.", place="{prompt}"
        )
        describe(self.keep, "keepStyleButton", title, about)
        self.keep.setEnabled(bool(name))

    @Slot(QListWidgetItem)
    def _use(self, item: QListWidgetItem) -> None:
        self.hide()
        self._memory.use(self._entry(item))

    def _entry(self, item: QListWidgetItem) -> Style | Prompts:
        """Returns what an item stands for; Qt makes lists of tuples."""
        entry = item.data(_ENTRY)
        return entry if isinstance(entry, Style) else (entry[0], entry[1])

    @Slot()
    def _keep(self) -> None:
        self._memory.keep(" ".join(self.search.text().split()))
        self.search.clear()

    def _files_menu(self) -> QMenu:
        menu = QMenu(self)
        filters = (tr("Styles (*.csv)"),)
        take, write = self._memory.read_file, self._memory.write_file
        window = self.parentWidget()
        assert window is not None
        title = tr("Read styles")
        menu.addAction(tr("Read a styles.csv…")).triggered.connect(partial(ask_file, window, title, take, filters))
        start = Path(FILE_NAME)
        menu.addAction(tr("Write a styles.csv…")).triggered.connect(
            lambda: ask_save(window, tr("Write styles"), write, filters, start)
        )
        menu.addSeparator()
        menu.addAction(tr("Forget all earlier prompts")).triggered.connect(self._memory.forget_history)
        return menu


def _text(entry: Style | Prompts) -> str:
    """Returns all that can be searched for."""
    parts = (entry.name, entry.prompt, entry.negative_prompt) if isinstance(entry, Style) else entry
    return "\n".join(isolated(part) for part in parts if part)


def _line(entry: Style | Prompts) -> str:
    prompt = entry.prompt if isinstance(entry, Style) else entry[0] or entry[1]
    text = isolated(" ".join(prompt.split())[:_LONGEST])
    return tr("★ {name}: {prompt}", name=isolated(entry.name), prompt=text) if isinstance(entry, Style) else text
