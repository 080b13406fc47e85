"""The commands of the menus, with names that stay the same when their words change."""

import re
from collections.abc import Iterator

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QMenuBar

from core.language.words import english


def menu_commands(bar: QMenuBar, holder: object) -> Iterator[tuple[str, str, QAction]]:
    """Yields group, name and action of everything in the menus, in their order.

    An action is named by the attribute of ``holder`` that it is, others by menu and words as they are now.
    """
    names = {id(value): name for name, value in vars(holder).items() if isinstance(value, QAction)}
    for item in bar.actions():
        menu = item.menu()
        if isinstance(menu, QMenu):
            group = menu.title().replace("&", "")
            for action in _leaves(menu):
                yield group, names.get(id(action)) or _name(menu.title(), action.text()), action


def _leaves(menu: QMenu) -> Iterator[QAction]:
    for action in menu.actions():
        inner = action.menu()
        if isinstance(inner, QMenu):
            yield from _leaves(inner)
        elif not action.isSeparator():
            yield action


def _name(group: str, words: str) -> str:
    named = f"{english(group).replace('&', '')} {english(words)}".lower()
    return re.sub(r"[^a-z0-9]+", "_", named).strip("_")
