"""What can be done with chosen pictures: one name for each, in the inspector, the context menu and by keys."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.widgets.icons import ICON_NAME


class Deed(Enum):
    """Something to do with the chosen pictures."""

    open_viewer = auto()
    compare = auto()
    use_settings = auto()
    open_film = auto()
    branch = auto()
    use_as_source = auto()
    add_noise = auto()
    show_in_folder = auto()
    copy_picture = auto()
    copy_recipe = auto()
    rename = auto()
    move = auto()
    export = auto()
    delete = auto()


WORDS = {
    Deed.open_viewer: "View in full screen",
    Deed.compare: "Compare",
    Deed.use_settings: "Use all settings",
    Deed.open_film: "Open its film",
    Deed.branch: "Branch from here…",
    Deed.use_as_source: "Use as source picture",
    Deed.add_noise: "Add noise to this picture…",
    Deed.show_in_folder: "Show in folder",
    Deed.copy_picture: "Copy picture",
    Deed.copy_recipe: "Copy recipe",
    Deed.rename: "Rename…",
    Deed.move: "Move to folder…",
    Deed.export: "Export…",
    Deed.delete: "Move to the trash",
}
SEVERAL_WORDS = {Deed.copy_picture: "Copy pictures"}
KEYS = {
    Deed.open_viewer: "Return",
    Deed.rename: "F2",
    Deed.copy_picture: "Ctrl+C",
    Deed.delete: "Del",
    Deed.compare: "C",
}
_ICONS = {
    Deed.open_viewer: "eye",
    Deed.compare: "swap",
    Deed.open_film: "film",
    Deed.branch: "branch",
    Deed.use_as_source: "picture",
    Deed.show_in_folder: "folder",
    Deed.copy_picture: "copy",
    Deed.copy_recipe: "copy",
    Deed.export: "export",
    Deed.delete: "trash",
}


class DeedButtons(QWidget):
    """A column of quiet buttons.

    Signals:
        asked: a `Deed`.
    """

    asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("galleryDeeds")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        self._buttons: dict[Deed, QPushButton] = {}
        for deed, icon in _ICONS.items():
            button = QPushButton(WORDS[deed])
            button.setObjectName(f"{deed.name}Deed")
            button.setProperty("kind", "quiet")
            button.setProperty("deed", deed)
            button.setProperty(ICON_NAME, icon)
            button.setStyleSheet("text-align: left; padding-left: 4px")
            keys = f" ({KEYS[deed]})" if deed in KEYS else ""
            button.setToolTip(f"{WORDS[deed]}{keys}")
            button.clicked.connect(self._ask)
            self._buttons[deed] = button
            layout.addWidget(button)

    def show_deeds(self, deeds: tuple[Deed, ...], *, are_several: bool = False) -> None:
        """Only these; ``are_several`` tells whether more than one picture is chosen."""
        for deed, button in self._buttons.items():
            button.setVisible(deed in deeds)
            button.setText(SEVERAL_WORDS.get(deed, WORDS[deed]) if are_several else WORDS[deed])

    @Slot()
    def _ask(self) -> None:
        self.asked.emit(self.sender().property("deed"))
