"""Asks how chosen pictures are to be exported, and shows how far that is."""

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QSpinBox,
    QWidget,
)

from app.gallery.picture_exporter import ExportKind, ExportReport, ExportRequest, PictureExporter
from app.widgets.building import progress_bar, text_label, vbox
from app.widgets.theme import indent_spin_boxes
from core.gallery.encoding import QUALITY, Encoding
from core.gallery.export import Exported

KINDS = {
    ExportKind.files: "Files in a folder",
    ExportKind.zip_file: "One zip file",
    ExportKind.contact_sheet: "Contact sheet (one PNG)",
}
FORMATS = {"": "As they are", "png": "PNG", "jpeg": "JPEG", "webp": "WebP", "avif": "AVIF"}
LOSSY = ("jpeg", "webp", "avif")
LENGTHS_PX = (None, 4096, 2048, 1024, 512)
ENDS = {
    ExportKind.zip_file: ("pictures.zip", "Zip files (*.zip)"),
    ExportKind.contact_sheet: ("sheet.png", "PNG (*.png)"),
}


class ExportDialog(QDialog):
    """Open it with `open`: it does not block.

    Signals:
        finished_export: an `ExportReport`.
    """

    finished_export = Signal(object)

    def __init__(
        self, pictures: tuple[int, ...], exporter: PictureExporter, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("exportPicturesDialog")
        count = len(pictures)
        self.setWindowTitle("Export 1 picture" if count == 1 else f"Export {count:,} pictures")
        self._pictures = pictures
        self._exporter = exporter
        self._kind = QComboBox()
        for kind, words in KINDS.items():
            self._kind.addItem(words, kind)
        self._format = QComboBox()
        for key, words in FORMATS.items():
            self._format.addItem(words, key)
        self._length = QComboBox()
        for length in LENGTHS_PX:
            self._length.addItem("As they are" if length is None else f"At most {length} pixels", length)
        self._quality = QSpinBox(minimum=QUALITY[0], maximum=QUALITY[-1], value=Encoding().quality)
        self._recipe = QCheckBox("With prompt and settings")
        self._recipe.setChecked(True)
        self._hint = text_label(role="hint", wraps=True)
        self._form = QFormLayout()
        self._form.setVerticalSpacing(12)
        self._form.setHorizontalSpacing(16)
        for label, field, name in (
            ("&Export as", self._kind, "exportKindCombo"),
            ("&Format", self._format, "exportFormatCombo"),
            ("&Longer side", self._length, "exportLengthCombo"),
            ("&Quality", self._quality, "exportQualitySpin"),
            ("", self._recipe, "exportRecipeCheck"),
        ):
            self._form.addRow(label, field)
            field.setObjectName(name)
            field.setAccessibleName(label.replace("&", "") or self._recipe.text())
        self._progress = progress_bar("Progress")
        self._progress.setRange(0, count)
        self._progress.hide()
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._export = self._buttons.addButton("Export…", QDialogButtonBox.ButtonRole.AcceptRole)
        self._export.setObjectName("exportPicturesButton")
        self._export.setDefault(True)
        self._buttons.accepted.connect(self._ask_target)
        self._buttons.rejected.connect(self.reject)
        vbox(self._form, self._hint, self._progress, self._buttons, on=self, margins=(24, 24, 24, 16), spacing=16)
        self._kind.currentIndexChanged.connect(self._show_fields)
        self._format.currentIndexChanged.connect(self._show_fields)
        self._recipe.toggled.connect(self._show_fields)
        exporter.progressed.connect(self._on_progressed)
        exporter.ended.connect(self._end)
        exporter.failed.connect(self.close)
        indent_spin_boxes(self)
        self._show_fields()
        self.finished.connect(self.deleteLater)

    @property
    def encoding(self) -> Encoding:
        """Returns the chosen encoding."""
        return Encoding(
            format=self._format.currentData(),
            has_recipe=self._recipe.isChecked(),
            longest_px=self._length.currentData(),
            quality=self._quality.value(),
        )

    def export_to(self, target: Path) -> None:
        """Begins."""
        for field in (self._kind, self._format, self._length, self._quality, self._recipe, self._export):
            field.setEnabled(False)
        self._progress.show()
        self._exporter.start(ExportRequest(self._pictures, self._kind.currentData(), self.encoding, target))

    def reject(self) -> None:
        self._exporter.cancel()
        super().reject()

    @Slot()
    def _show_fields(self) -> None:
        kind = self._kind.currentData()
        has_files = kind is not ExportKind.contact_sheet
        for field in (self._format, self._length, self._recipe):
            self._form.setRowVisible(field, has_files)
        self._form.setRowVisible(self._quality, has_files and self._format.currentData() in LOSSY)
        if not has_files:
            self._hint.setText("All pictures on one page, without their prompts.")
        elif self._recipe.isChecked():
            self._hint.setText("Who gets them can read how they were made, and make them again.")
        else:
            self._hint.setText("Only the pixels leave the program; file names do not tell the prompt either.")

    @Slot()
    def _ask_target(self) -> None:
        kind = self._kind.currentData()
        dialog = QFileDialog(self, "Export into this folder", str(Path.home()))
        if kind is ExportKind.files:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        else:
            name, words = ENDS[kind]
            dialog.setWindowTitle("Export as")
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setNameFilter(words)
            dialog.setDefaultSuffix(Path(name).suffix.lstrip("."))
            dialog.selectFile(name)
        dialog.fileSelected.connect(self._on_file_selected)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(str)
    def _on_file_selected(self, target: str) -> None:
        self.export_to(Path(target))

    @Slot(object)
    def _on_progressed(self, exported: Exported) -> None:
        self._progress.setValue(exported.done)

    @Slot(object)
    def _end(self, report: ExportReport) -> None:
        self.accept()
        self.finished_export.emit(report)
