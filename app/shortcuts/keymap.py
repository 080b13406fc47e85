"""The keys of each command: the program's own, and those that the user set instead."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from PySide6.QtCore import QKeyCombination, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence

from app.session.settings_store import SettingsStore
from core.language.words import tr

Keys = tuple[str, ...]
"""Key sequences in Qt's English form on every system: ``("Ctrl+Return", "Ctrl+Enter")``."""

TAKEN: Mapping[str, str] = MappingProxyType(
    {
        "Ctrl+A": tr("select all, in text and in the gallery"),
        "Ctrl+X": tr("cut text"),
        "Ctrl+Left": tr("move in text"),
        "Ctrl+Right": tr("move in text"),
        "Ctrl+Backspace": tr("delete a word"),
        "Ctrl+F": tr("search the gallery"),
        "F2": tr("rename in the gallery"),
    }
)
"""Keys that parts of the window use themselves, and their purpose."""

_FREE_OF_MODIFIERS = range(Qt.Key.Key_F1, Qt.Key.Key_F35 + 1)
_OTHERS_FREE = (Qt.Key.Key_Escape, Qt.Key.Key_Pause, Qt.Key.Key_Insert, Qt.Key.Key_Print)


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the menus that can have keys.

    Attributes:
        group: the menu in which it is.
        name: stable, the key in the settings.
        own: the program's keys for it.
    """

    group: str
    name: str
    action: QAction
    own: Keys

    @property
    def title(self) -> str:
        return self.action.text().replace("&", "").removesuffix("…")


class Keymap(QObject):
    """Gives the actions their keys. Two commands never have the same one: Qt would then do neither.

    Attributes:
        commands: in the order of the menus.

    Signals:
        changed: some command has other keys now.
    """

    changed = Signal()

    def __init__(
        self,
        actions: Iterable[tuple[str, str, QAction]],
        settings_store: SettingsStore,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings_store = settings_store
        self.commands = tuple(Command(group, name, action, _keys_of(action)) for group, name, action in actions)
        self._keys: dict[str, Keys] = {}
        self.load()

    def load(self) -> None:
        """Takes the keys from the settings; unreadable and repeated ones are left out."""
        chosen = self._settings_store.settings.shortcuts
        used: set[str] = set()
        order = sorted(self.commands, key=lambda command: command.name not in chosen)  # the user's own come first
        for command in order:
            wanted = [_standard(key) for key in chosen.get(command.name, command.own)]
            keys = tuple(dict.fromkeys(key for key in wanted if key and key not in used))
            used.update(keys)
            self._keys[command.name] = keys
            command.action.setShortcuts([QKeySequence(key) for key in keys])
        self.changed.emit()

    def keys(self, command: Command) -> Keys:
        return self._keys[command.name]

    def is_own(self, command: Command) -> bool:
        """Returns whether the command has the program's keys."""
        return self.keys(command) == command.own

    def owner(self, key: str) -> Command | None:
        """Returns the command that has this key now."""
        return next((command for command in self.commands if _standard(key) in self.keys(command)), None)

    def give(self, command: Command, key: str) -> None:
        """Replaces a command's keys by this one, or none if "", and takes the key from its former command."""
        key = _standard(key)
        changed: dict[str, Keys] = {command.name: (key,) if key else ()}
        other = self.owner(key) if key else None
        if other is not None and other is not command:
            changed[other.name] = tuple(kept for kept in self.keys(other) if kept != key)
        self._keep({**self._settings_store.settings.shortcuts, **changed})

    def reset(self, command: Command) -> None:
        """Restores the program's keys, and takes them from commands that got them meanwhile."""
        chosen = dict(self._settings_store.settings.shortcuts)
        chosen.pop(command.name, None)
        for other in self.commands:
            lost = set(self.keys(other)) & set(command.own)
            if other is not command and lost:
                chosen[other.name] = tuple(key for key in self.keys(other) if key not in lost)
        self._keep(chosen)

    def reset_all(self) -> None:
        self._keep({})

    def _keep(self, chosen: dict[str, Keys]) -> None:
        own = {command.name: command.own for command in self.commands}
        self._settings_store.change(
            shortcuts={name: keys for name, keys in chosen.items() if own.get(name) != keys}
        )
        self.load()


def unusable(key: str) -> str:
    """Returns why a key is unusable, as the end of a sentence, or "" if a command can have it."""
    sequence = QKeySequence(key)
    if sequence.count() != 1:
        return tr("is not one key")
    pressed: QKeyCombination = sequence[0]  # pyright: ignore[reportIndexIssue]
    modifiers = pressed.keyboardModifiers() & ~(
        Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
    )
    is_free = pressed.key() in _FREE_OF_MODIFIERS or pressed.key() in _OTHERS_FREE
    if not modifiers and not is_free:
        return tr("alone is needed for writing and for moving about; add Ctrl or Alt")
    use = TAKEN.get(_standard(key))
    return tr("is already there to {use}", use=use) if use else ""


def native(keys: Keys) -> str:
    """Returns keys in the system's notation."""
    return ", ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys)


def _keys_of(action: QAction) -> Keys:
    return tuple(_portable(sequence) for sequence in action.shortcuts())


def _standard(key: str) -> str:
    sequence = QKeySequence(key)
    is_known = sequence.count() > 0 and sequence[0].key() is not Qt.Key.Key_unknown  # pyright: ignore[reportIndexIssue]
    return _portable(sequence) if is_known else ""


def _portable(sequence: QKeySequence) -> str:
    return sequence.toString(QKeySequence.SequenceFormat.PortableText)
