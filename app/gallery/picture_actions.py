"""What can be done with chosen pictures: one name for each, in the inspector, the context menu and by keys."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.widgets.icons import set_icon


class PictureAction(Enum):
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
    PictureAction.open_viewer: "View in full screen",
    PictureAction.compare: "Compare",
    PictureAction.use_settings: "Use all settings",
    PictureAction.open_film: "Open its film",
    PictureAction.branch: "Branch from here…",
    PictureAction.use_as_source: "Use as source picture",
    PictureAction.add_noise: "Add noise to this picture…",
    PictureAction.show_in_folder: "Show in folder",
    PictureAction.copy_picture: "Copy picture",
    PictureAction.copy_recipe: "Copy recipe",
    PictureAction.rename: "Rename…",
    PictureAction.move: "Move to folder…",
    PictureAction.export: "Export…",
    PictureAction.delete: "Move to the trash",
}
SEVERAL_WORDS = {PictureAction.copy_picture: "Copy pictures"}
KEYS = {
    PictureAction.open_viewer: "Return",
    PictureAction.rename: "F2",
    PictureAction.copy_picture: "Ctrl+C",
    PictureAction.delete: "Del",
    PictureAction.compare: "C",
}
_ICONS = {
    PictureAction.open_viewer: "eye",
    PictureAction.compare: "swap",
    PictureAction.open_film: "film",
    PictureAction.branch: "branch",
    PictureAction.use_as_source: "picture",
    PictureAction.show_in_folder: "folder",
    PictureAction.copy_picture: "copy",
    PictureAction.copy_recipe: "copy",
    PictureAction.export: "export",
    PictureAction.delete: "trash",
}


class ActionButtons(QWidget):
    """A column of quiet buttons.

    Signals:
        asked: a `PictureAction`.
    """

    asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("galleryDeeds")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        self._buttons: dict[PictureAction, QPushButton] = {}
        for picture_action, icon in _ICONS.items():
            button = QPushButton(WORDS[picture_action])
            button.setObjectName(f"{picture_action.name}Deed")
            button.setProperty("kind", "quiet")
            button.setProperty("action", picture_action)
            set_icon(button, icon)
            button.setStyleSheet("text-align: left; padding-left: 4px")
            keys = f" ({KEYS[picture_action]})" if picture_action in KEYS else ""
            button.setToolTip(f"{WORDS[picture_action]}{keys}")
            button.clicked.connect(self._on_clicked)
            self._buttons[picture_action] = button
            layout.addWidget(button)

    def show_deeds(self, picture_actions: tuple[PictureAction, ...], *, are_several: bool = False) -> None:
        """Only these; ``are_several`` tells whether more than one picture is chosen."""
        for picture_action, button in self._buttons.items():
            button.setVisible(picture_action in picture_actions)
            button.setText(
                SEVERAL_WORDS.get(picture_action, WORDS[picture_action]) if are_several else WORDS[picture_action]
            )

    @Slot()
    def _on_clicked(self) -> None:
        self.asked.emit(self.sender().property("action"))
