"""Width and height of the picture, always valid for the model, with shapes to choose from."""

import math
from collections.abc import Mapping
from types import MappingProxyType

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QComboBox, QSpinBox, QWidget

from app.session.session import Session
from app.widgets.building import hbox, stretched, vbox
from app.widgets.field import GAP_PX, Field, combo_box, describe
from app.widgets.icon_button import IconButton
from core.language.words import tr
from core.models.catalogue import Model
from core.request.request import Limits, Size

CUSTOM = tr("Custom")
SMALLEST_WIDTH_PX = 64
MOST_DIGITS = 5

ASPECTS: Mapping[str, float] = MappingProxyType(
    {"1:1": 1.0, "4:3": 4 / 3, "3:2": 3 / 2, "16:9": 16 / 9, "3:4": 3 / 4, "2:3": 2 / 3, "9:16": 9 / 16}
)
"""Width by height: square, landscape, portrait."""

MOST_AREA_CHANGE = math.log(1.3)
AREA_WEIGHT = 0.1
"""The weight of an area other than the native one against a wrong shape."""


class LengthSpin(QSpinBox):
    """A length in pixels that turns in the model's steps; typed values become the nearest valid one."""

    def __init__(self) -> None:
        super().__init__()
        self._limits = Limits()
        self.setKeyboardTracking(False)
        self.setCorrectionMode(QSpinBox.CorrectionMode.CorrectToNearestValue)

    def show_limits(self, limits: Limits) -> None:
        self._limits = limits
        self.setRange(limits.snap(limits.smallest), limits.snap(limits.largest))
        self.setSingleStep(limits.size_step)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Lets lengths outside the limits be typed; they are corrected at the end."""
        state, text, position = super().validate(text, position)
        if state is QValidator.State.Invalid and text.isdecimal() and len(text) <= MOST_DIGITS:
            state = QValidator.State.Intermediate
        return state, text, position

    def fixup(self, text: str) -> str:
        return str(self._limits.snap(int(text))) if text.isdecimal() else str(self.value())

    @property
    def snapped(self) -> int:
        return self._limits.snap(self.value())


class SizeControl(QWidget):
    """Common shapes of the model's native area; width, height and a button that swaps them for any other."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._model: Model | None = None
        self._presets: dict[str, Size] = {}
        self._is_custom = False
        self.width_spin = LengthSpin()
        self.height_spin = LengthSpin()
        self.swap_button = IconButton("swap", tr("Swap width and height"), "swapSizeButton")
        describe(self.width_spin, "widthSpin", tr("Width"), tr("Width in pixels"))
        describe(self.height_spin, "heightSpin", tr("Height"), tr("Height in pixels"))
        self.aspect_combo = combo_box(
            (),
            "aspectCombo",
            tr("Size"),
            tr(
                "Size: the shape, and width by height in pixels.\n"
                "Each fits the model, at about the area that it was trained for; Custom takes any other."
            ),
        )
        self.aspect_combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._lengths = QWidget()
        for spin in (self.width_spin, self.height_spin):
            spin.setMinimumWidth(SMALLEST_WIDTH_PX)
        hbox(
            stretched(self.width_spin),
            self.swap_button,
            stretched(self.height_spin),
            on=self._lengths,
            spacing=GAP_PX,
        )
        vbox(Field(tr("Si&ze"), self.aspect_combo), self._lengths, on=self, spacing=GAP_PX)
        self.width_spin.valueChanged.connect(self._on_value_changed)
        self.height_spin.valueChanged.connect(self._on_value_changed)
        self.swap_button.clicked.connect(self._swap)
        self.aspect_combo.activated.connect(self._on_activated)
        session.draft_edited.connect(self._show)
        session.models_changed.connect(self._show)
        self._show()

    @Slot()
    def _on_value_changed(self) -> None:
        size = Size(self.width_spin.snapped, self.height_spin.snapped)
        self._session.edit(size=size)
        self._show_size(size)

    @Slot()
    def _swap(self) -> None:
        size = self._session.draft.size
        self._session.edit(size=Size(size.height, size.width))

    @Slot(int)
    def _on_activated(self, index: int) -> None:
        size: Size | None = self.aspect_combo.itemData(index)
        self._is_custom = size is None
        if size is not None:
            self._session.edit(size=size)
        self._show()
        if self._is_custom:
            self.width_spin.setFocus()
            self.width_spin.selectAll()

    @Slot()
    def _show(self) -> None:
        draft = self._session.draft
        model = self._session.model_of(draft)
        if model is not self._model or not self.aspect_combo.count():
            self._show_model(model)
        for spin in (self.width_spin, self.height_spin):  # beside reference pictures any size is allowed
            with QSignalBlocker(spin):
                spin.show_limits(self._session.draft_editor.limits)
        self._show_size(draft.size)

    def _show_model(self, model: Model | None) -> None:
        self._model = model
        self._presets = preset_sizes(model) if model is not None else {}
        self.aspect_combo.clear()
        for name, size in self._presets.items():
            self.aspect_combo.addItem(f"{name} · {size.words}", size)
        self.aspect_combo.addItem(CUSTOM, None)

    def _show_size(self, size: Size) -> None:
        for spin, length_px in ((self.width_spin, size.width), (self.height_spin, size.height)):
            with QSignalBlocker(spin):
                spin.setValue(length_px)
        shapes = list(self._presets.values())
        is_custom = self._is_custom or size not in shapes
        self.aspect_combo.setCurrentIndex(len(shapes) if is_custom else shapes.index(size))
        self._lengths.setVisible(is_custom)


def preset_sizes(model: Model) -> dict[str, Size]:
    """Returns the best size for each of ``ASPECTS``: valid, of about the native area, nearest to the shape."""
    return {name: _best_size(model, aspect) for name, aspect in ASPECTS.items()}


def _best_size(model: Model, aspect: float) -> Size:
    limits = model.limits
    area = model.defaults.size.width * model.defaults.size.height
    lengths = range(limits.snap(limits.smallest), limits.snap(limits.largest) + 1, limits.size_step)

    def badness(size: Size) -> tuple[bool, float]:
        area_change = abs(math.log(size.width * size.height / area))
        shape_error = abs(math.log(size.width / size.height / aspect))
        return area_change > MOST_AREA_CHANGE, shape_error + AREA_WEIGHT * area_change

    return min((Size(width, limits.snap(round(width / aspect))) for width in lengths), key=badness)
