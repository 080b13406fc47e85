"""A sheet of all keys over the window; F1 and Esc close it."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QVBoxLayout, QWidget

from app.shortcuts.fixed_keys import FIXED_KEYS
from app.shortcuts.keymap import Keymap, native
from app.widgets.building import STRETCH, hbox, push_button, scroll_area, stretched, text_label, vbox
from core.language.words import tr

MOST_COLUMNS = 3
ROOM_PX = 48
"""Between the sheet and the window's edges."""

Group = tuple[str, tuple[tuple[str, str], ...]]


class KeySheet(QDialog):
    """Opens by `open`, without blocking; commands without a key are left out."""

    def __init__(self, keymap: Keymap, change: Callable[[], object], window: QWidget) -> None:
        """``change`` opens the place where keys can be changed."""
        super().__init__(window)
        self.setObjectName("keySheet")
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        width = min(1080, window.width() - ROOM_PX)
        made = (_content(tuple(_groups(keymap)), columns) for columns in range(MOST_COLUMNS, 0, -1))
        content = next(
            (one for one in made if one.sizeHint().width() <= width), _content(tuple(_groups(keymap)), 1)
        )
        buttons = hbox(
            STRETCH,
            push_button(tr("Change…"), self._leave_for(change), name="changeKeysButton"),
            push_button(tr("Close"), self.close, name="closeKeysButton", kind="primary"),
            margins=(24, 8, 24, 16),
            spacing=8,
        )
        vbox(stretched(scroll_area(content, tr("Keyboard shortcuts"))), buttons, on=self, spacing=0)
        self.resize(width, min(720, window.height() - ROOM_PX))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F1:
            self.close()
        else:
            super().keyPressEvent(event)

    def _leave_for(self, change: Callable[[], object]) -> Callable[[], None]:
        def leave() -> None:
            self.close()
            change()

        return leave


def _content(groups: Sequence[Group], count: int) -> QWidget:
    """Returns the groups in so many columns."""
    columns = [vbox(spacing=16) for _ in range(count)]
    heights = [0] * count
    for title, rows in groups:
        shortest = heights.index(min(heights))
        heights[shortest] += len(rows) + 2
        _add(columns[shortest], title, rows)
    for column in columns:
        column.addStretch()
    content = QWidget()
    hbox(*map(stretched, columns), on=content, margins=24, spacing=24)
    return content


def _groups(keymap: Keymap) -> Iterable[Group]:
    for group, commands in groupby(keymap.commands, key=lambda command: command.group):
        rows = tuple((command.title, native(keymap.keys(command))) for command in commands)
        yield group, tuple(row for row in rows if row[1])
    yield from FIXED_KEYS.items()


def _add(column: QVBoxLayout, title: str, rows: tuple[tuple[str, str], ...]) -> None:
    grid = QGridLayout()
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(0, 1)
    grid.addWidget(text_label(title, role="title"), 0, 0, 1, 2)
    for number, (words, keys) in enumerate(rows, 1):
        grid.addWidget(text_label(words), number, 0)
        grid.addWidget(text_label(keys, role="number"), number, 1, Qt.AlignmentFlag.AlignRight)
    column.addLayout(grid)
