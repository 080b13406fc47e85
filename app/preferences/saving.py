"""Saving: format and names of finished pictures, what leaves the program, and the program that edits them."""

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QLineEdit

from app.preferences.page import Page
from app.session.settings_store import SettingsStore
from app.widgets.building import hbox, named, push_button, stretched
from app.widgets.field import describe, set_tone
from app.widgets.file_dialogs import ask_file
from core.errors import InvalidRequest
from core.language.words import tr
from core.pictures.file_names import DEFAULT_PATTERN, FIELDS, check_pattern, picture_stem
from core.pictures.saving import PictureFormat, SavingRules
from core.request.request import GenerationRequest

FORMATS = {
    PictureFormat.png: ("PNG", tr("Loses nothing; every program reads it")),
    PictureFormat.webp: ("WebP", tr("Loses nothing and is smaller; old programs do not read it")),
    PictureFormat.jpeg: ("JPEG", tr("Small, and loses a little detail")),
}
_EXAMPLE = GenerationRequest("a red house by the sea", seed=7)


class SavingPage(Page):
    """Each choice holds from the next picture on."""

    def __init__(self, settings_store: SettingsStore) -> None:
        super().__init__(tr("Saving"), "savingPage")
        self._settings_store = settings_store
        settings = settings_store.settings
        self._format = self.add_combo(tr("&Format"), "pictureFormatCombo", FORMATS, settings.saving.format)
        self._format.activated.connect(self._keep)
        self._pattern = QLineEdit(settings.saving.pattern)
        self._pattern.setPlaceholderText(DEFAULT_PATTERN)
        fields = ", ".join(f"{{{name}}}" for name in FIELDS)
        describe(
            self._pattern,
            "namePatternEdit",
            tr("Name pattern"),
            tr("The names of new pictures. Parts: {fields}", fields=fields),
        )
        self._pattern.textChanged.connect(self._keep)
        self.add_row(tr("Name &pattern"), self._pattern)
        self._example = self.add_hint("")
        self._example.setObjectName("namePatternExample")
        self.add_hint(tr("Parts: {fields}. Each day has a folder of its own.", fields=fields))
        self.add_section(tr("Sharing"))
        strip = named(QCheckBox(tr("&Leave out the recipe when I share a picture")), "stripRecipeBox")
        strip.setChecked(settings.strips_recipe)
        strip.toggled.connect(self._choose_strip)
        self.column.addWidget(strip)
        about = tr("Save picture as and Copy picture then give the picture without prompt, seed and settings. ")
        self.add_hint(tr("{about}Your own files keep them.", about=about), indent_px=24)
        self.add_section(tr("Other programs"))
        self._editor = QLineEdit(settings.editor)
        self._editor.setPlaceholderText(tr("the system’s own program for pictures"))
        describe(self._editor, "editorEdit", tr("Program"), tr("The program that Open in another program starts"))
        self._editor.textChanged.connect(self._choose_editor)
        choose = push_button(tr("Choose…"), self._ask_editor, name="chooseEditorButton")
        self.add_row(tr("Open pictures with"), hbox(stretched(self._editor), choose, spacing=8))
        self.end()
        self._show_example()

    @Slot()
    def _keep(self) -> None:
        """Keeps what can be used; a wrong pattern is told and the last right one stays."""
        if self._show_example():
            pattern = self._pattern.text().strip() or DEFAULT_PATTERN
            self._settings_store.change(saving=SavingRules(self._format.currentData(), pattern))

    def _show_example(self) -> bool:
        pattern = self._pattern.text().strip() or DEFAULT_PATTERN
        try:
            check_pattern(pattern)
        except InvalidRequest as error:
            self._example.setText(tr("{value} is not a part of names.", value=error.value))
            set_tone(self._example, "error")
            return False
        suffix = self._format.currentData().value
        name = picture_stem(_EXAMPLE, datetime(2026, 11, 21, 14, 25, 30).astimezone(), pattern=pattern)
        self._example.setText(tr("For example: {name}{suffix}", name=name, suffix=suffix))
        set_tone(self._example, "")
        return True

    @Slot(bool)
    def _choose_strip(self, is_on: bool) -> None:
        self._settings_store.change(strips_recipe=is_on)

    @Slot(str)
    def _choose_editor(self, program: str) -> None:
        self._settings_store.change(editor=program.strip())

    @Slot()
    def _ask_editor(self) -> None:
        ask_file(self, tr("Choose a program"), self._take_editor, [tr("All files (*)")])

    def _take_editor(self, program: Path) -> None:
        self._editor.setText(str(program))
