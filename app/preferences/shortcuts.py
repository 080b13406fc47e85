"""Keyboard shortcuts: every command of the menus with its keys, which can be changed; the fixed keys below."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHeaderView, QKeySequenceEdit, QLabel, QTreeWidget, QTreeWidgetItem

from app.preferences.page import Page
from app.shortcuts.fixed_keys import FIXED_KEYS
from app.shortcuts.keymap import Command, Keymap, native, unusable
from app.widgets.building import STRETCH, hbox, named, push_button, stretched
from app.widgets.field import search_edit
from core.language.words import tr

LIST_HEIGHT_PX = 320
KEYS_PX = 176
_COMMAND = Qt.ItemDataRole.UserRole


class ShortcutsPage(Page):
    """Choose a command, press the keys; a key that another command has is only taken away when that is wanted."""

    def __init__(self, keymap: Keymap) -> None:
        super().__init__(tr("Shortcuts"), "shortcutsPage")
        self._keymap = keymap
        self._rows: list[QTreeWidgetItem] = []
        self._groups: list[QTreeWidgetItem] = []
        self._search = search_edit(
            "searchShortcutsEdit", tr("Search shortcuts"), tr("Search a command or a key"), ""
        )
        self._search.textChanged.connect(self._filter)
        reset_all = push_button(tr("Reset all"), keymap.reset_all, name="resetAllShortcutsButton")
        self.column.addLayout(hbox(stretched(self._search), reset_all, spacing=8))
        self._list = self._make_list()
        self.column.addWidget(self._list, 1)
        self._edit = named(QKeySequenceEdit(), "shortcutEdit", tr("New shortcut for the selected command"))
        self._edit.setMaximumSequenceLength(1)
        self._edit.setMinimumWidth(KEYS_PX)
        self._edit.keySequenceChanged.connect(self._try)
        self._set = push_button(tr("Set"), self._take, name="setShortcutButton")
        self._clear = push_button(tr("Remove"), self._take_none, name="clearShortcutButton")
        self._reset = push_button(tr("Reset"), self._take_own, name="resetShortcutButton")
        row = hbox(
            QLabel(tr("New shortcut")),
            self._edit,
            self._set,
            self._clear,
            self._reset,
            STRETCH,
        )
        self.column.addLayout(row)
        self._words = self.add_hint("")
        self._words.setObjectName("shortcutWords")
        self._words.setMinimumHeight(2 * self._words.fontMetrics().lineSpacing())
        keymap.changed.connect(self._fill)
        self._fill()

    def _make_list(self) -> QTreeWidget:
        tree = named(QTreeWidget(), "shortcutsList", tr("Commands and their keys"))
        tree.setHeaderLabels([tr("Command"), tr("Keys")])
        tree.setRootIsDecorated(False)
        tree.setIndentation(12)
        tree.setMinimumHeight(LIST_HEIGHT_PX)
        header = tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(1, KEYS_PX)
        tree.currentItemChanged.connect(self._show_chosen)
        tree.itemActivated.connect(self._begin_edit)
        return tree

    @property
    def chosen(self) -> Command | None:
        item = self._list.currentItem()
        return item.data(0, _COMMAND) if item is not None else None

    def choose(self, command: Command) -> None:
        """Makes this command the one that is changed."""
        for item in self._rows:
            if item.data(0, _COMMAND) is command:
                self._list.setCurrentItem(item)

    @Slot()
    def _fill(self) -> None:
        chosen = self.chosen
        self._list.clear()
        self._rows.clear()
        self._groups.clear()
        groups: dict[str, QTreeWidgetItem] = {}
        for command in self._keymap.commands:
            group = groups.get(command.group) or self._add_group(command.group)
            groups[command.group] = group
            item = QTreeWidgetItem(group, [command.title, native(self._keymap.keys(command))])
            item.setData(0, _COMMAND, command)
            self._rows.append(item)
            if not self._keymap.is_own(command):
                font = item.font(1)
                font.setBold(True)
                item.setFont(1, font)
                item.setToolTip(1, tr("Default: {native}", native=native(command.own) or "none"))
        for title, rows in FIXED_KEYS.items():
            group = self._add_group(tr("{title} (these cannot be changed)", title=title))
            for words, keys in rows:
                item = QTreeWidgetItem(group, [words, keys])
                item.setFlags(Qt.ItemFlag.ItemIsEnabled)
                self._rows.append(item)
        self._list.expandAll()
        self._filter()
        if chosen is not None:
            self.choose(chosen)
        self._show_chosen()

    def _add_group(self, title: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(self._list, [title])
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        item.setFirstColumnSpanned(True)
        font = item.font(0)
        font.setBold(True)
        item.setFont(0, font)
        self._groups.append(item)
        return item

    @Slot()
    def _filter(self) -> None:
        wanted = self._search.text().casefold()
        for item in self._rows:
            item.setHidden(wanted not in f"{item.text(0)} {item.text(1)}".casefold())
        shown = {parent.text(0) for item in self._rows if not item.isHidden() and (parent := item.parent())}
        for group in self._groups:
            group.setHidden(group.text(0) not in shown)

    @Slot()
    def _show_chosen(self) -> None:
        command = self.chosen
        self._edit.clear()
        self._edit.setEnabled(command is not None)
        self._clear.setEnabled(command is not None and bool(self._keymap.keys(command)))
        self._reset.setEnabled(command is not None and not self._keymap.is_own(command))
        self._set.setEnabled(False)
        self._set.setText(tr("Set"))
        self._words.setText("" if command is not None else tr("Select a command to change its shortcut."))

    @Slot()
    def _begin_edit(self) -> None:
        if self.chosen is not None:
            self._edit.setFocus()

    @Slot()
    def _try(self) -> None:
        """Says what setting these keys would mean."""
        command, key = self.chosen, self._key()
        self._set.setText(tr("Set"))
        if command is None or not key:
            self._set.setEnabled(False)
            return
        shown = native((key,))
        problem, owner = unusable(key), self._keymap.owner(key)
        self._set.setEnabled(not problem and owner is not command)
        if problem:
            self._words.setText(f"{shown} {problem}.")
        elif owner is command:
            self._words.setText(tr("{title} has {shown} already.", title=command.title, shown=shown))
        elif owner is not None:
            self._words.setText(tr("{shown} is used by {title}. Reassign?", title=owner.title, shown=shown))
            self._set.setText(tr("Reassign"))
        else:
            self._words.setText(tr("{shown} is free.", shown=shown))

    @Slot()
    def _take(self) -> None:
        if (command := self.chosen) is not None:
            self._keymap.give(command, self._key())

    @Slot()
    def _take_none(self) -> None:
        if (command := self.chosen) is not None:
            self._keymap.give(command, "")

    @Slot()
    def _take_own(self) -> None:
        if (command := self.chosen) is not None:
            self._keymap.reset(command)

    def _key(self) -> str:
        return self._edit.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
