"""One control of the draft: its picture and the map that is made of it, its network, and how it acts."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QPushButton, QSizePolicy, QWidget

from app.controls.map_preview import MapPreview
from app.controls.pasting import Pasting
from app.controls.source import shortened
from app.controls.wheel_guard import WheelGuard
from app.session.control_selection import ControlSelection
from app.session.session import Session
from app.widgets.building import hbox, stretched, text_label, vbox
from app.widgets.drop_router import DropRouter, DropRule, first, is_source
from app.widgets.field import GAP_PX, Field, combo_box, describe, set_tone
from app.widgets.file_dialogs import SOURCES, ask_file
from app.widgets.icon_button import IconButton
from app.widgets.icons import set_icon
from app.widgets.theme import prepare_spin_boxes
from core.control.file import UNREAD
from core.errors import SaveFailed
from core.language.words import tr
from core.request.control import (
    CONTROL_TYPES,
    LARGEST_WEIGHT,
    PREPROCESSORS,
    Control,
)
from core.request.request import GenerationRequest

STEP = 0.05
MOST_VALUES = 2
NONE_FOUND = tr("No ControlNet was found. Put .safetensors files into the folder “controlnet” beside your models.")


class ControlRow(QWidget):
    """Shows a control of the draft, and changes it.

    Signals:
        removed: the user wants it gone; with its number.
    """

    removed = Signal(int)

    def __init__(self, number: int, session: Session, selection: ControlSelection) -> None:
        super().__init__()
        self.setObjectName("controlRow")
        self._number = number
        self._selection = selection
        self._control: Control | None = None
        self._problem = ""
        DropRouter(self, [DropRule(is_source, first(self.choose))])
        self.button = QPushButton()
        set_icon(self.button, "picture")
        self.button.setStyleSheet("text-align: left")
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        about = tr("The picture that guides.\nClick to choose another, drop one here, or paste it (Ctrl+V).")
        describe(self.button, "controlPictureButton", tr("Control picture"), about)
        self.pasting = Pasting(
            self.button, selection.pasted, session.draft_editor.files, self.choose, self._on_not_kept
        )
        tip = tr("Remove this control")
        self.remove_button = IconButton("close", tip, "removeControlButton", name=tip)
        self.networks = combo_box(
            (),
            "controlNetworkCombo",
            tr("ControlNet"),
            tr(
                "The ControlNet or adapter that looks at the picture: for edges, lines, depth, poses, …\n"
                "An IP-Adapter looks at it as at the words."
            ),
        )
        self.networks.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.preprocessors = combo_box(
            (),
            "controlPreprocessorCombo",
            tr("Made of the picture first"),
            tr("Most ControlNets look at a map: the edges of a picture, its lines, its blurred colours."),
        )
        self.types = combo_box(
            (),
            "controlTypeCombo",
            tr("Type"),
            tr("This ControlNet knows several kinds of maps: choose the one that it looks at here."),
        )
        self.type_field = Field(tr("Type"), self.types)
        self.map = MapPreview(number, session, selection)
        self.weight = self._spin("controlWeightSpin", tr("Weight"), tr("How strongly it guides."), LARGEST_WEIGHT)
        self.start = self._spin("controlStartSpin", tr("From"), tr("It acts from here on: 0 is the run’s start."))
        self.end = self._spin("controlEndSpin", tr("To"), tr("It acts up to here: 1 is the run’s end."))
        self.values = tuple(
            self._spin(f"controlValueSpin{place}", tr("Value"), tr("A number that the map is made by."))
            for place in range(MOST_VALUES)
        )
        self.value_labels = tuple(text_label(role="caption", is_plain=True) for _ in self.values)
        self.note = text_label(name="controlNote", role="hint", is_plain=True, wraps=True)
        values = (
            hbox(stretched(label), spin, spacing=GAP_PX)
            for label, spin in zip(self.value_labels, self.values, strict=True)
        )
        fields = ((tr("Weight"), self.weight), (tr("From"), self.start), (tr("To"), self.end))
        vbox(
            hbox(stretched(self.button), self.remove_button, spacing=GAP_PX),
            self.networks,
            self.preprocessors,
            self.type_field,
            *values,
            self.map,
            hbox(*(stretched(Field(caption, spin)) for caption, spin in fields), spacing=2 * GAP_PX),
            self.note,
            on=self,
            spacing=GAP_PX,
        )
        self.button.clicked.connect(self._on_clicked)
        self.remove_button.clicked.connect(partial(self.removed.emit, number))
        self.map.told.connect(self._on_told)
        self.networks.activated.connect(self._on_network)
        self.preprocessors.activated.connect(self._on_preprocessor)
        self.types.activated.connect(self._on_type)
        self.weight.valueChanged.connect(self._on_weight)
        self.start.valueChanged.connect(self._on_start)
        self.end.valueChanged.connect(self._on_end)
        for spin in self.values:
            spin.valueChanged.connect(self._on_value)
        WheelGuard(self)
        prepare_spin_boxes(self)

    def _spin(self, name: str, title: str, about: str, largest: float = 1.0) -> QDoubleSpinBox:
        spin = QDoubleSpinBox()
        spin.setRange(0, largest)
        spin.setSingleStep(STEP)
        spin.setDecimals(2)
        describe(spin, name, title, about)
        return spin

    def choose(self, path: Path) -> None:
        self._selection.change(self._number, path=str(path.absolute()))

    def show_control(self, control: Control, draft: GenerationRequest) -> None:
        """Shows a control of the draft, and has its map made if it is another one."""
        self._control = control
        path = Path(control.path)
        self.button.setText((shortened(path.name) or tr("Choose a picture…")).replace("&", "&&"))
        self._show_networks(control)
        preprocessor = PREPROCESSORS[control.preprocessor]
        numbers = ((self.weight, control.weight), (self.start, control.start), (self.end, control.end))
        nouns = {key: PREPROCESSORS[key].noun for key in self._selection.preprocessors(control)}
        _fill(self.preprocessors, nouns, control.preprocessor)
        types = self._selection.types(control)
        _fill(self.types, {key: CONTROL_TYPES[key] for key in types}, control.type)
        self.type_field.setVisible(bool(types))
        for spin, number in numbers:
            _set(spin, number)
        for place, (label, spin) in enumerate(zip(self.value_labels, self.values, strict=True)):
            is_there = place < len(preprocessor.values)
            label.setVisible(is_there)
            spin.setVisible(is_there)
            if is_there:
                value = preprocessor.values[place]
                noun = tr(value.noun)
                label.setText(noun[0].upper() + noun[1:])
                spin.setAccessibleName(noun)
                with QSignalBlocker(spin):
                    is_whole = float(value.default).is_integer() and value.least >= 1
                    spin.setDecimals(0 if is_whole else 1)
                    spin.setSingleStep(max(1.0, round((value.most - value.least) / 50)))
                    spin.setRange(value.least, value.most)
                _set(spin, control.used_values[place])
        self.map.show_control(control, draft.size)
        self._show_note()

    def _show_networks(self, control: Control) -> None:
        files = self._selection.files or ()
        with QSignalBlocker(self.networks):
            self.networks.clear()
            for file in files:
                objection = self._selection.objection(file)
                self.networks.addItem(f"{file.name} ({objection})" if objection else file.name, file.name)
                item = self.networks.model().index(self.networks.count() - 1, 0)
                if objection:
                    self.networks.model().setData(item, 0, Qt.ItemDataRole.UserRole - 1)  # cannot be chosen
            if self.networks.findData(control.name) < 0:
                is_lost = self._selection.files is not None and bool(control.name)
                lost = tr("{value} (not found)", value=control.key) if is_lost else control.key
                self.networks.addItem(lost or tr("Choose a ControlNet"), control.name)
            self.networks.setCurrentIndex(self.networks.findData(control.name))

    @Slot(str)
    def _on_told(self, problem: str) -> None:
        self._problem = problem
        self._show_note()

    def _on_not_kept(self, error: SaveFailed) -> None:
        self._problem = tr("The picture could not be kept: {reason}.", reason=error.reason)
        self._show_note()

    def _show_note(self) -> None:
        control, files = self._control, self._selection.files
        network = next((file for file in files or () if control is not None and file.name == control.name), None)
        objection = self._selection.objection(network) if network is not None else ""
        if objection:
            objection = tr("This ControlNet was {objection}: choose another.", objection=objection)
        elif control is not None and self._selection.types(control) and not control.type:
            objection = tr("This ControlNet guides by several kinds of maps: choose the type of this one.")
        hint = NONE_FOUND if files == () else ""
        if network is not None and network.kind == UNREAD:
            hint = tr(
                "This file is read at its first use, without running what it contains, and kept as safetensors."
            )
        told = self._problem or objection or hint
        self.note.setText(told)
        self.note.setVisible(bool(told))
        set_tone(self.note, "error" if self._problem or objection else "")

    @Slot()
    def _on_clicked(self) -> None:
        path = Path(self._control.path) if self._control is not None else None
        ask_file(self, tr("Choose a control picture"), self.choose, [SOURCES], path)

    @Slot(int)
    def _on_network(self, _index: int) -> None:
        self._selection.change(self._number, name=self.networks.currentData())

    @Slot(int)
    def _on_preprocessor(self, _index: int) -> None:
        self._selection.change(self._number, preprocessor=self.preprocessors.currentData())

    @Slot(int)
    def _on_type(self, _index: int) -> None:
        self._selection.change(self._number, type=self.types.currentData())

    @Slot(float)
    def _on_weight(self, weight: float) -> None:
        self._selection.change(self._number, weight=weight)

    @Slot(float)
    def _on_start(self, start: float) -> None:
        """Keeps the start before the end."""
        end = max(self.end.value(), min(1.0, start + STEP))
        self._selection.change(self._number, start=min(start, end - STEP), end=end)

    @Slot(float)
    def _on_end(self, end: float) -> None:
        start = min(self.start.value(), max(0.0, end - STEP))
        self._selection.change(self._number, start=start, end=max(end, start + STEP))

    @Slot(float)
    def _on_value(self, _value: float) -> None:
        if self._control is not None:
            count = len(PREPROCESSORS[self._control.preprocessor].values)
            self._selection.change(self._number, values=tuple(spin.value() for spin in self.values[:count]))


def _fill(combo: QComboBox, nouns: Mapping[str, str], chosen: str) -> None:
    with QSignalBlocker(combo):
        combo.clear()
        for key, noun in nouns.items():
            shown = tr(noun)
            combo.addItem(shown[0].upper() + shown[1:], key)
        combo.setCurrentIndex(combo.findData(chosen))


def _set(spin: QDoubleSpinBox, number: float) -> None:
    with QSignalBlocker(spin):
        if round(number, spin.decimals()) != spin.value():
            spin.setValue(number)
