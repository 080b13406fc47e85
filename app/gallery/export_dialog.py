"""Asks how chosen pictures are to be exported, and shows how far that is."""

from functools import partial
from pathlib import Path
from threading import Event

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QDialog, QSpinBox, QWidget

from app.gallery.picture_exporter import ExportKind, ExportReport, ExportRequest, export_pictures
from app.messages.errors import message
from app.session.background import BackgroundTasks
from app.widgets.building import dialog_buttons, form, named, progress_bar, text_label, vbox
from app.widgets.field import combo_box, describe
from app.widgets.file_dialogs import ask_folder, ask_save
from app.widgets.theme import prepare_spin_boxes
from core.errors import EmulsionError
from core.gallery.encoding import QUALITY, Encoding
from core.gallery.export import Exported
from core.language.words import plural, tr

KINDS = (
    (tr("Files in a folder"), ExportKind.files),
    (tr("One zip file"), ExportKind.zip_file),
    (tr("Contact sheet (one PNG)"), ExportKind.contact_sheet),
)
FORMATS = ((tr("As they are"), ""), ("PNG", "png"), ("JPEG", "jpeg"), ("WebP", "webp"), ("AVIF", "avif"))
LOSSY = ("jpeg", "webp", "avif")
LENGTHS_PX = (
    (tr("As they are"), None),
    *((tr("At most {px} pixels", px=px), px) for px in (4096, 2048, 1024, 512)),
)
ENDS = {
    ExportKind.zip_file: ("pictures.zip", tr("Zip files (*.zip)")),
    ExportKind.contact_sheet: ("sheet.png", tr("PNG (*.png)")),
}


class ExportDialog(QDialog):
    """Open it with `open`: it does not block. It is there until its export has ended, cancelled or not.

    Signals:
        finished_export: an `ExportReport`.
        failed: a `Message`.
    """

    finished_export = Signal(object)
    failed = Signal(object)

    def __init__(
        self, pictures: tuple[int, ...], index: Path, background: BackgroundTasks, parent: QWidget | None = None
    ) -> None:
        """``index`` is the folder of the library's index."""
        super().__init__(parent)
        self.setObjectName("exportPicturesDialog")
        count = len(pictures)
        self.setWindowTitle(plural("Export 1 picture", "Export {count:,} pictures", count))
        self._pictures = pictures
        self._index = index
        self._tasks = background.queue(self, "export")
        self._is_exporting = False
        self._cancelled = Event()
        self._kind = combo_box(KINDS, "exportKindCombo", tr("Export as"))
        self._format = combo_box(FORMATS, "exportFormatCombo", tr("Format"))
        self._length = combo_box(LENGTHS_PX, "exportLengthCombo", tr("Longer side"))
        self._quality = QSpinBox(minimum=QUALITY[0], maximum=QUALITY[-1], value=Encoding().quality)
        describe(self._quality, "exportQualitySpin", tr("Quality"), "")
        self._recipe = named(QCheckBox(tr("With prompt and settings")), "exportRecipeCheck")
        self._recipe.setChecked(True)
        self._hint = text_label(role="hint", wraps=True)
        self._form = form(
            (tr("&Export as"), self._kind),
            (tr("&Format"), self._format),
            (tr("&Longer side"), self._length),
            (tr("&Quality"), self._quality),
            ("", self._recipe),
        )
        self._progress = progress_bar(tr("Progress"))
        self._progress.setRange(0, count)
        self._progress.hide()
        buttons, self._export = dialog_buttons(self, tr("Export…"), "exportPicturesButton", self._ask_target)
        vbox(self._form, self._hint, self._progress, buttons, on=self, margins=(24, 24, 24, 16), spacing=16)
        self._kind.currentIndexChanged.connect(self._show_fields)
        self._format.currentIndexChanged.connect(self._show_fields)
        self._recipe.toggled.connect(self._show_fields)
        prepare_spin_boxes(self)
        self._show_fields()

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
        self._is_exporting = True
        request = ExportRequest(self._pictures, self._kind.currentData(), self.encoding, target)
        export = partial(export_pictures, self._index, request, self._cancelled)
        self._tasks.follow(export, self._show_progress, self._end, self._fail)

    def reject(self) -> None:
        """Ends the export after the picture in progress."""
        self._cancelled.set()
        super().reject()
        if not self._is_exporting:
            self.deleteLater()

    @Slot()
    def _show_fields(self) -> None:
        kind = self._kind.currentData()
        has_files = kind is not ExportKind.contact_sheet
        for field in (self._format, self._length, self._recipe):
            self._form.setRowVisible(field, has_files)
        self._form.setRowVisible(self._quality, has_files and self._format.currentData() in LOSSY)
        if not has_files:
            self._hint.setText(tr("All pictures on one page, without their prompts."))
        elif self._recipe.isChecked():
            self._hint.setText(tr("Whoever gets them can read how they were made, and make them again."))
        else:
            self._hint.setText(
                tr("Only the pixels are exported; the file names do not contain the prompt either.")
            )

    @Slot()
    def _ask_target(self) -> None:
        if (kind := self._kind.currentData()) is ExportKind.files:
            ask_folder(self, tr("Export into this folder"), self.export_to)
        else:
            name, words = ENDS[kind]
            ask_save(self, tr("Export as"), self.export_to, [words], Path.home() / name)

    def _show_progress(self, exported: Exported) -> None:
        self._progress.setValue(exported.done)

    def _end(self, report: ExportReport) -> None:
        self.accept()
        self.finished_export.emit(report)
        self.deleteLater()

    def _fail(self, error: EmulsionError) -> None:
        self.accept()
        self.failed.emit(message(error))
        self.deleteLater()
