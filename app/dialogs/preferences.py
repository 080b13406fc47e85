"""The preferences: each change holds at once and is kept; there is nothing to confirm."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.film.stored_films import FilmRoom, StoredFilms, size_text
from app.settings_keeper import SettingsKeeper
from app.theme import indent_spin_boxes
from core.settings import KeepFilms, Theme

OLD_DAYS = 30
THEMES = {Theme.system: "As the system", Theme.light: "Light", Theme.dark: "Dark"}
FILMS = {
    KeepFilms.always: ("Keep every film", "Each picture can be scrubbed and branched later."),
    KeepFilms.ask: ("Ask after each picture", "The film is kept until you say otherwise."),
    KeepFilms.never: ("Keep no films", "A run that is cut off cannot be taken up again either."),
}


class PreferencesDialog(QDialog):
    """Open it with `open`: it does not block.

    Signals:
        theme_chosen: a `Theme`. folder_changed: the new folder for pictures.
    """

    theme_chosen = Signal(object)
    folder_changed = Signal(object)

    def __init__(self, keeper: SettingsKeeper, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preferencesDialog")
        self.setWindowTitle("Preferences")
        self.setMinimumWidth(560)
        self._keeper = keeper
        self._films = StoredFilms(self)
        self._films.measured.connect(self._show_room)
        self._films.removed.connect(self._show_removed)
        tabs = QTabWidget()
        tabs.setObjectName("preferencesTabs")
        tabs.addTab(self._general(), "General")
        tabs.addTab(self._films_page(), "Films")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addWidget(tabs)
        layout.addWidget(buttons)
        indent_spin_boxes(self)
        self.finished.connect(self._leave)
        self._measure()

    def _general(self) -> QWidget:
        self._theme = QComboBox()
        self._theme.setObjectName("themeCombo")
        for theme, text in THEMES.items():
            self._theme.addItem(text, theme)
        self._theme.setCurrentIndex(self._theme.findData(self._keeper.settings.theme))
        self._theme.activated.connect(self._choose_theme)
        self._folder = QLineEdit(str(self._keeper.settings.pictures))
        self._folder.setObjectName("picturesFolderEdit")
        self._folder.setReadOnly(True)
        change = QPushButton("Choose…")
        change.setObjectName("chooseFolderButton")
        change.clicked.connect(self._ask_folder)
        reset = QPushButton("Reset")
        reset.setObjectName("resetFolderButton")
        reset.setToolTip("The program's own folder among the system's pictures")
        reset.clicked.connect(self._reset_folder)
        row = QHBoxLayout()
        row.addWidget(self._folder, 1)
        row.addWidget(change)
        row.addWidget(reset)
        page = QWidget()
        form = QFormLayout(page)
        form.setContentsMargins(16, 16, 16, 16)
        form.setVerticalSpacing(16)
        form.setHorizontalSpacing(16)
        form.addRow("&Theme", self._theme)
        form.addRow("Pictures are saved in", row)
        form.addRow("", _hint("New pictures go there. Those made before stay where they are."))
        return page

    def _films_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(4)
        self._keep = QButtonGroup(page)
        for number, (choice, (text, about)) in enumerate(FILMS.items()):
            button = QRadioButton(text)
            button.setObjectName(f"films-{choice.name}")
            button.setChecked(choice is self._keeper.settings.keep_films)
            self._keep.addButton(button, number)
            hint = _hint(about)
            hint.setContentsMargins(24, 0, 0, 8)
            column.addWidget(button)
            column.addWidget(hint)
        self._keep.idClicked.connect(self._choose_films)
        self._room = QLabel("Looking at the films …")
        self._room.setObjectName("filmRoom")
        self._days = QSpinBox(minimum=0, maximum=3650, suffix=" days")
        self._days.setObjectName("oldFilmsSpin")
        self._days.setValue(OLD_DAYS)
        self._days.valueChanged.connect(self._measure)
        self._remove = QPushButton("Remove")
        self._remove.setObjectName("removeFilmsButton")
        self._remove.clicked.connect(self._remove_old)
        row = QHBoxLayout()
        row.addWidget(QLabel("Remove films older than"))
        row.addWidget(self._days)
        row.addStretch(1)
        row.addWidget(self._remove)
        column.addSpacing(8)
        column.addWidget(self._room)
        column.addLayout(row)
        column.addWidget(_hint("Pictures stay; only their steps go."))
        column.addStretch(1)
        return page

    @Slot(int)
    def _choose_theme(self, index: int) -> None:
        self.theme_chosen.emit(self._theme.itemData(index))

    @Slot(int)
    def _choose_films(self, number: int) -> None:
        self._keeper.change(keep_films=list(FILMS)[number])

    @Slot()
    def _ask_folder(self) -> None:
        dialog = QFileDialog(self, "Save pictures in this folder", self._folder.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self._take_folder)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot()
    def _reset_folder(self) -> None:
        self._take_folder(str(self._keeper.folders.pictures))

    @Slot(str)
    def _take_folder(self, folder: str) -> None:
        self._keeper.change(pictures=Path(folder))
        self._folder.setText(folder)
        self.folder_changed.emit(Path(folder))
        self._measure()

    @Slot()
    def _measure(self) -> None:
        self._films.measure(self._keeper.settings.pictures, self._days.value())

    @Slot(object)
    def _show_room(self, room: FilmRoom) -> None:
        films = "1 film takes" if room.count == 1 else f"{room.count} films take"
        self._room.setText(f"{films} {size_text(room.size_bytes)}." if room.count else "There are no films yet.")
        self._remove.setEnabled(room.old_count > 0)
        self._remove.setText(
            f"Remove {room.old_count} ({size_text(room.old_bytes)})" if room.old_count else "None is so old"
        )

    @Slot()
    def _remove_old(self) -> None:
        self._remove.setEnabled(False)
        self._films.remove(self._keeper.settings.pictures, self._days.value())

    @Slot(object)
    def _show_removed(self, _freed_bytes: int) -> None:
        self._measure()

    @Slot()
    def _leave(self) -> None:
        self._films.close()
        self.deleteLater()


def _hint(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "hint")
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignTop)
    return label
