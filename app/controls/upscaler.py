"""Chooses the upscaler that enlarges the finished picture, and by how much."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QWidget

from app.session.session import Session
from app.session.upscaler_selection import UpscalerSelection
from app.widgets.building import hbox, stretched, vbox
from app.widgets.field import GAP_PX, Field, combo_box
from core.language.words import tr
from core.request.setting import short_number
from core.upscalers.file import UpscalerFile
from core.upscalers.library import OF_STARTER

FACTORS = (0.0, 1.5, 2.0, 3.0, 4.0, 8.0)
"""Offered, 0 being the network's own scale; recipes may have others."""


class UpscalerControl(QWidget):
    """Two lists: the upscaler, and the factor, which waits until there is one."""

    def __init__(self, session: Session, selection: UpscalerSelection) -> None:
        super().__init__()
        self._session = session
        self._selection = selection
        tooltip = tr(
            "Upscaler: a network that enlarges the finished picture.\n"
            "Put files (.safetensors, .pth) into the folder “upscale_models” beside your models."
        )
        self.names = combo_box((), "upscalerCombo", tr("Upscaler"), tooltip)
        self.names.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.factors = combo_box(
            (), "upscaleByCombo", tr("Enlarge by"), tr("By how much width and height of the picture grow.")
        )
        self.factors.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToContents
        )  # a network's scale comes later
        row = hbox(stretched(self.names), self.factors, spacing=GAP_PX)
        vbox(Field(tr("Enlarge b&y an upscaler"), self.names, row), on=self)
        self.names.activated.connect(self._on_activated)
        self.factors.activated.connect(self._on_activated)
        session.draft_edited.connect(self._show)
        selection.changed.connect(self._show)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        self._selection.look()
        super().showEvent(event)

    @Slot(int)
    def _on_activated(self, _index: int) -> None:
        self._selection.choose(self.names.currentData(), self.factors.currentData() or 0.0)

    @Slot()
    def _show(self) -> None:
        chosen = self._selection.chosen
        name = chosen.name if chosen is not None else ""
        self.names.clear()
        self.names.addItem(tr("As it is"), "")
        for file in self._selection.files:
            self.names.addItem(file.name, file.name)
            self.names.setItemData(self.names.count() - 1, about(file), Qt.ItemDataRole.ToolTipRole)
        if self.names.findData(name) < 0:
            is_lost = bool(self._selection.files)
            self.names.addItem(tr("{value} (not found)", value=name) if is_lost else name, name)
        self.names.setCurrentIndex(self.names.findData(name))
        kind = next((file.kind for file in self._selection.files if file.name == name), None)
        factor = chosen.factor if chosen is not None else 0.0
        self.factors.clear()
        for one in sorted({*FACTORS, factor}):
            own = f" (× {kind.scale})" if kind is not None else ""
            words = f"× {short_number(one)}" if one else tr("its own{scale}", scale=own)
            self.factors.addItem(words, one)
        self.factors.setCurrentIndex(self.factors.findData(factor))
        self.factors.setEnabled(chosen is not None)


def about(file: UpscalerFile) -> str:
    """Returns what an upscaler is for."""
    if file.name == OF_STARTER:
        return tr("Has seen the starter model’s postcards, and knows nothing else.")
    if file.kind is None:
        return tr("A file of PyTorch, which is read when it is first used; programs in it are not run.")
    return tr("{kind}, × {scale}", kind=file.kind.architecture, scale=file.kind.scale)
