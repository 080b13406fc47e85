"""The user's own word on how a model was trained: a dialog of its card, kept by the SHA-256 of the model."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QComboBox, QDialog, QLineEdit, QWidget

from app.messages.errors import message
from app.messages.training import BY
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.building import dialog_buttons, text_label, vbox
from app.widgets.field import Field, camel_case, combo_box, describe, set_tone
from core.checkpoints.schedule import trait_names
from core.errors import EmulsionError, InvalidRequest
from core.families import FAMILIES
from core.families.variants import VARIANT
from core.language.words import tr
from core.models.catalogue import Catalogue, Model
from core.request.request import CLIP_LAYERS
from core.request.traits import read_trait, trait_words, value_text, with_choice

WIDTH_PX = 460
_ABOUT = tr(
    "Emulsion finds this out from the file. Choose for yourself where pictures come out as noise or grey although "
    "the model is whole. It is kept for this file, also under another name."
)
_CAPTIONS = {
    "variant": (tr("&Variant"), tr("Which of the family's models it is: it decides guidance, steps and more")),
    "prediction_type": (tr("&Prediction"), tr("The network's output, by which the steps remove noise")),
    "zero_snr": (
        tr("&Zero terminal SNR"),
        tr("The training went on to nothing but noise: deep blacks and bright whites"),
    ),
    "shift": (tr("&Flow shift"), tr("More of the steps are spent where there is much noise")),
    "size": (tr("&Size of the training pictures"), tr("The usual size, as WIDTHxHEIGHT in pixels")),
    "clip_skip": (tr("&Clip skip"), tr("The layer of the text encoder that prompts are read from")),
}
_VALUES: Mapping[str, tuple[Any, ...]] = {
    "prediction_type": ("epsilon", "v_prediction", "sample"),
    "zero_snr": (True, False),
    "clip_skip": tuple(CLIP_LAYERS),
}


class TrainingDialog(QDialog):
    """Asks for each trait, or leaves it as it was found.

    Signals:
        chosen: a dict with the values that are not left as found.
    """

    chosen = Signal(object)

    def __init__(self, model: Model, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trainingDialog")
        self.setWindowTitle(tr("How {name} was trained", name=model.name))
        self.setMinimumWidth(WIDTH_PX)
        about = text_label(_ABOUT, wraps=True, role="hint")
        column = vbox(about, on=self, margins=(24, 24, 24, 16), spacing=12)
        self._controls: dict[str, QComboBox | QLineEdit] = {}
        for name in trait_names(FAMILIES[model.family]):
            self._controls[name] = control = _control(name, model)
            column.addWidget(Field(_CAPTIONS[name][0], control))
        self._problem = text_label(name="trainingProblem", is_plain=True, wraps=True, role="hint")
        set_tone(self._problem, "error")
        self._problem.hide()
        buttons, use = dialog_buttons(self, tr("Use"), "useTrainingButton", self._confirm)
        use.setProperty("kind", "primary")
        column.addWidget(self._problem)
        column.addStretch(1)
        column.addWidget(buttons)

    @Slot()
    def _confirm(self) -> None:
        try:
            values = {name: _value(name, control) for name, control in self._controls.items()}
        except InvalidRequest as error:
            self._problem.setText(str(message(error)))
            self._problem.show()
            return
        self.chosen.emit({name: value for name, value in values.items() if value is not None})
        self.accept()


def _control(name: str, model: Model) -> QComboBox | QLineEdit:
    trait = model.traits.get(name)
    is_chosen = trait is not None and trait.place == "user"
    found = tr("As detected")
    if trait is not None:
        own = ("", trait.value) if is_chosen else (trait.place, trait.value)
        place, value = next(iter(trait.others.items()), own) if is_chosen else own
        words = trait_words(name, value)
        words += f" ({BY[place]})" if place else ""
        found = tr("As detected: {words}", words=words)
    values = FAMILIES[model.family].variant_names if name == VARIANT else _VALUES.get(name)
    if values is not None:
        choices = [(found, None), *((_words(name, value), value) for value in values)]
        control = combo_box(choices, "", "")
        if trait is not None and is_chosen:
            control.setCurrentIndex(control.findData(trait.value))
    else:
        control = QLineEdit(value_text(trait.value) if trait is not None and is_chosen else "")
        control.setPlaceholderText(found)
    caption, tip = _CAPTIONS[name]
    describe(control, f"{camel_case(name)}Choice", caption.replace("&", ""), tip)
    return control


def _words(name: str, value: Any) -> str:
    words = trait_words(name, value)
    return words[0].upper() + words[1:]


def _value(name: str, control: QComboBox | QLineEdit) -> Any:
    """Returns None for a trait that is left as found. Raises InvalidRequest."""
    if isinstance(control, QComboBox):
        return control.currentData()
    text = control.text().strip()
    return read_trait(name, text) if text else None


class TrainingChoices(QObject):
    """Opens the dialog and keeps what is chosen."""

    def __init__(self, catalogue: Catalogue, settings_store: SettingsStore, session: Session) -> None:
        super().__init__(session)
        self._catalogue = catalogue
        self._settings_store = settings_store
        self._session = session
        self._hashes = session.background.queue(self, "hashes")

    def ask(self, parent: QWidget, key: str) -> None:
        """Opens the dialog for a model."""
        model = next((one for one in self._session.draft_editor.models if one.key == key), None)
        if model is not None:
            dialog = TrainingDialog(model, parent)
            dialog.chosen.connect(partial(self._identify, model))
            dialog.finished.connect(dialog.deleteLater)
            dialog.open()

    @Slot(str, str)
    def choose_variant(self, key: str, variant: str) -> None:
        """Keeps the user's word on which variant a model is, beside what was chosen before."""
        model = next((one for one in self._session.draft_editor.models if one.key == key), None)
        if model is not None:
            chosen = {name: trait.value for name, trait in model.traits.items() if trait.place == "user"}
            self._identify(model, {**chosen, VARIANT: variant})

    def _identify(self, model: Model, chosen: dict[str, Any]) -> None:
        """Reads the hash first, in the background: some seconds for a file that was never used."""
        identify = partial(self._catalogue.identified, model)
        self._hashes.submit(identify, partial(self._keep, chosen), self._on_refused)

    def _keep(self, chosen: dict[str, Any], model: Model) -> None:
        kept = self._settings_store.settings.model_traits
        self._settings_store.change(model_traits=with_choice(kept, model.sha256, chosen))
        self._session.refresh_models()
        now = self._session.model_of(self._session.draft)
        if now is not None and now.key == model.key:
            before, after = model.defaults, now.defaults
            changed = {
                name: getattr(after, name)
                for name in ("size", "clip_skip", "sampler", "steps", "guidance_scale")
                if getattr(before, name) != getattr(after, name)
            }
            self._session.edit(**changed)

    def _on_refused(self, error: EmulsionError) -> None:
        self._session.failed.emit(message(error))
