"""The menu of presets beside the model: settings with their prompt, and the model's defaults."""

from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QLineEdit, QMenu, QPushButton, QWidget

from app.controls.choice import ChoiceControl
from app.session.presets import OF_RUN, Presets
from app.session.session import Session
from app.widgets.building import dialog_buttons, form, push_button, text_label, vbox
from app.widgets.field import describe
from core.language.words import tr

LONGEST_NAME = 60


class PresetMenu(QMenu):
    """Filled anew whenever it opens.

    Signals:
        applied: the name of a preset that was used, and its `Applied`.
    """

    applied = Signal(str, object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(tr("Presets"), parent)
        self.setObjectName("presetMenu")
        self._session = session
        self._presets = session.draft_editor.presets
        self.aboutToShow.connect(self.fill)
        self.fill()

    @Slot()
    def fill(self) -> None:
        """Shows the presets of the draft's model as they are now."""
        self.clear()
        names = sorted(self._presets.of_model, key=str.casefold)
        for name in names:
            self.addAction(name.replace("&", "&&")).triggered.connect(partial(self._apply, name))
        self.addSeparator()
        self.addAction(tr("Save as preset…")).triggered.connect(self._ask_name)
        if names:
            removal = self.addMenu(tr("Delete preset"))
            for name in names:
                removal.addAction(name.replace("&", "&&")).triggered.connect(partial(self._presets.remove, name))
        self.addSeparator()
        make = self.addAction(tr("Make these settings the model’s defaults"))
        make.triggered.connect(partial(self._presets.keep_defaults, are_own=True))
        back = self.addAction(tr("Back to its maker’s defaults"))
        back.setEnabled(self._presets.has_own_defaults)
        back.triggered.connect(self._go_back)

    def _apply(self, name: str) -> None:
        if (request := self._presets.of_model.get(name)) is not None:
            self.applied.emit(name, self._session.apply(request, OF_RUN))

    @Slot()
    def _ask_name(self) -> None:
        PresetDialog(self._presets, self.window()).open()

    @Slot()
    def _go_back(self) -> None:
        self._presets.keep_defaults(are_own=False)
        self._session.draft_editor.use_defaults()


class PresetDialog(QDialog):
    """Asks for the name of a new preset. Opens by `open`, without blocking."""

    def __init__(self, presets: Presets, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("presetDialog")
        self.setWindowTitle(tr("Save as preset"))
        self._presets = presets
        self.name = QLineEdit(maxLength=LONGEST_NAME)
        describe(self.name, "presetNameEdit", tr("Name"), tr("The name of the preset in the menu"))
        about = tr("Keeps the prompt and all settings but seed, number of pictures and image, for this model.")
        buttons, self.button = dialog_buttons(self, tr("Save"), "savePresetButton", self.accept)
        hint = text_label(about, role="hint", wraps=True)
        hint.setMinimumWidth(340)
        vbox(form((tr("&Name"), self.name)), hint, buttons, on=self, margins=(24, 24, 24, 16), spacing=12)
        self.name.textChanged.connect(self._show)
        self.finished.connect(self.deleteLater)
        self._show()

    def accept(self) -> None:
        self._presets.keep(self.name.text().strip())
        super().accept()

    @Slot()
    def _show(self) -> None:
        name = self.name.text().strip()
        self.button.setEnabled(bool(name))
        self.button.setText(tr("Replace") if name in self._presets.of_model else tr("Save"))


def preset_button(control: ChoiceControl, session: Session) -> QPushButton:
    """Returns the button that opens the menu, beside the model's caption."""
    button = push_button(tr("Presets"), kind="chip")
    describe(button, "presetsButton", tr("Presets"), tr("Presets of this model, and its defaults"))
    button.setMenu(PresetMenu(session, control))
    return button
