"""General: theme, previews, notices; and the settings as a whole."""

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QMessageBox

from app.controls.previews import WORDS as PREVIEWS
from app.preferences.page import Page
from app.session.settings_store import SettingsStore
from app.widgets.building import STRETCH, hbox, named, push_button
from app.widgets.file_dialogs import ask_file, ask_save
from core.language.choice import LANGUAGES
from core.language.words import tr
from core.runs.events import PreviewMode
from core.settings.look import Theme
from core.settings.settings import RECENT_PICTURES

THEMES = {Theme.system: tr("Match system"), Theme.light: tr("Light"), Theme.dark: tr("Dark")}
SCALES = {percent: f"{percent} %" for percent in (80, 90, 100, 110, 125, 150, 175, 200)}
SETTINGS_FILE = "emulsion-settings.json"
_FILTER = tr("Settings (*.json)")


class GeneralPage(Page):
    """Only asks; signals report the user's wishes.

    Signals:
        theme_chosen: a `Theme`. previews_chosen: a `PreviewMode`.
        export_asked, import_asked: the `Path` of a file. reset_asked: after the user has agreed.
    """

    theme_chosen = Signal(object)
    previews_chosen = Signal(object)
    export_asked = Signal(object)
    import_asked = Signal(object)
    reset_asked = Signal()

    def __init__(self, settings_store: SettingsStore, previews: PreviewMode) -> None:
        super().__init__(tr("General"), "generalPage")
        self._settings_store = settings_store
        self._theme = self.add_combo(tr("&Theme"), "themeCombo", THEMES, settings_store.settings.theme)
        self._theme.activated.connect(self._choose_theme)
        languages = {"": tr("Match system"), **LANGUAGES}
        own = settings_store.settings.language
        self._language = self.add_combo(tr("&Language"), "languageCombo", languages, own)
        self._language.activated.connect(self._choose_language)
        scale = settings_store.settings.interface_scale
        self._scale = self.add_combo(tr("Interface &scale"), "interfaceScaleCombo", SCALES, scale)
        self._scale.activated.connect(self._choose_scale)
        self._about_start = self.add_hint(tr("Language and scale take effect when Emulsion starts again."))
        counts, recent = {count: str(count) for count in RECENT_PICTURES}, settings_store.settings.recent_pictures
        self._recent = self.add_combo(tr("&Recent pictures"), "recentPicturesCombo", counts, recent)
        self._recent.activated.connect(self._choose_recent)
        self.add_hint(tr("Takes effect when Emulsion starts again."))
        self.add_combo(tr("&Previews"), "previewsCombo", PREVIEWS, previews).activated.connect(
            self._choose_previews
        )
        self._about_previews = self.add_hint(PREVIEWS[previews][1])
        self.add_section(tr("While pictures are made"))
        notice = named(QCheckBox(tr("&Notify me when Emulsion is in the background")), "tellWhenDoneBox")
        notice.setChecked(settings_store.settings.tell_when_done)
        notice.toggled.connect(self._choose_notice)
        self.column.addWidget(notice)
        self.add_hint(
            tr("For runs that took longer than 15 seconds. The taskbar shows it in any case."), indent_px=24
        )
        question = named(QCheckBox(tr("&Ask before quitting while a picture is being made")), "confirmQuitBox")
        question.setChecked(settings_store.settings.confirms_quit)
        question.toggled.connect(self._choose_question)
        self.column.addWidget(question)
        self.add_section(tr("All settings"))
        row = hbox(
            push_button(tr("&Export…"), self._ask_export, name="exportSettingsButton"),
            push_button(tr("&Import…"), self._ask_import, name="importSettingsButton"),
            push_button(tr("&Reset all…"), self._ask_reset, name="resetSettingsButton"),
            STRETCH,
        )
        self.column.addLayout(row)
        self.add_hint(tr("Prompts, presets, your defaults for models and window layout are not included."))
        self.end()

    @Slot(int)
    def _choose_theme(self, index: int) -> None:
        self.theme_chosen.emit(self._theme.itemData(index))

    @Slot(int)
    def _choose_scale(self, index: int) -> None:
        self._settings_store.change(interface_scale=self._scale.itemData(index))

    @Slot(int)
    def _choose_recent(self, index: int) -> None:
        self._settings_store.change(recent_pictures=self._recent.itemData(index))

    @Slot(bool)
    def _choose_question(self, is_on: bool) -> None:
        self._settings_store.change(confirms_quit=is_on)

    @Slot(int)
    def _choose_language(self, index: int) -> None:
        self._settings_store.change(language=self._language.itemData(index))
        language = self._language.itemText(index)
        self._about_start.setText(
            tr("{language}: used when Emulsion starts again, as is a new scale.", language=language)
        )

    @Slot(int)
    def _choose_previews(self, index: int) -> None:
        mode = list(PREVIEWS)[index]
        self._about_previews.setText(PREVIEWS[mode][1])
        self.previews_chosen.emit(mode)

    @Slot(bool)
    def _choose_notice(self, is_on: bool) -> None:
        self._settings_store.change(tell_when_done=is_on)

    @Slot()
    def _ask_export(self) -> None:
        ask_save(self, tr("Export the settings"), self.export_asked.emit, [_FILTER], Path.home() / SETTINGS_FILE)

    @Slot()
    def _ask_import(self) -> None:
        ask_file(self, tr("Import settings"), self.import_asked.emit, [_FILTER])

    @Slot()
    def _ask_reset(self) -> None:
        box = QMessageBox(
            QMessageBox.Icon.Question,
            tr("Reset all settings"),
            tr(
                "Folders, device, theme, films, shortcuts and window go back to what they were at the first "
                "start.\n\nPictures, films and models stay where they are."
            ),
            QMessageBox.StandardButton.Cancel,
            self,
        )
        box.setObjectName("resetSettingsBox")
        reset = box.addButton(tr("Reset all"), QMessageBox.ButtonRole.AcceptRole)
        reset.setObjectName("confirmResetButton")
        reset.clicked.connect(self.reset_asked)
        box.finished.connect(box.deleteLater)
        box.open()
