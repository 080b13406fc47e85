"""Asks how a film is to be exported, shows how it will look, and how far it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.film.export_choices import WIDTHS_PX, ExportChoices
from app.film.film_exporter import FilmExporter
from app.film.picture_pane import PicturePane
from app.film.views import VIEWS
from app.messages import Message
from app.pixels import to_image
from app.theme import indent_spin_boxes
from core.film import Film
from core.film_export import FRAME_MS, HOLD_MS, Progress, compose
from core.film_formats import FORMATS
from core.film_pictures import PICTURES, export_frames

PREVIEW_PX = 260
CHANGED_AFTER_MS = 60


class ExportFilmDialog(QDialog):
    """Open it with `open`: it does not block. Closing it while it exports cancels.

    Signals:
        exported: the path of the file.
        choices_made: `ExportChoices`, when an export begins.
    """

    exported = Signal(object)
    choices_made = Signal(object)

    def __init__(
        self,
        film: Film,
        place: Path,
        choices: ExportChoices,
        exporter: FilmExporter,
        parent: QWidget | None = None,
    ) -> None:
        """``place``: where the file goes by default, its suffix is changed with the format."""
        super().__init__(parent)
        self.setObjectName("exportFilmDialog")
        self.setWindowTitle("Export film")
        self._film = film
        self._exporter = exporter
        self._fields = QWidget()
        self._preview = PicturePane()
        self._preview.setFixedSize(PREVIEW_PX, PREVIEW_PX)
        self._summary = _hint()
        self._problem = _hint()
        self._problem.setObjectName("exportProblem")
        self._problem.setProperty("tone", "error")
        self._problem.hide()
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.hide()
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._export = self._buttons.addButton("Export", QDialogButtonBox.ButtonRole.AcceptRole)
        self._export.setObjectName("exportButton")
        self._export.setDefault(True)
        self._export.setProperty("kind", "primary")
        self._redraw = QTimer(self, singleShot=True, interval=CHANGED_AFTER_MS)
        self._redraw.timeout.connect(self._draw_preview)
        self._make_fields(choices, place)
        self._lay_out()
        self._export.clicked.connect(self._begin)
        self._buttons.rejected.connect(self.reject)
        exporter.advanced.connect(self._advance)
        exporter.finished.connect(self._finish)
        exporter.failed.connect(self._show_problem)
        exporter.cancelled.connect(self._unlock)
        self.finished.connect(self._leave)
        indent_spin_boxes(self)
        self._draw_preview()

    @property
    def choices(self) -> ExportChoices:
        return ExportChoices(
            format=self._format.currentData(),
            views=tuple(name for name, box in self._views.items() if box.isChecked()),
            is_decoded=self._decoded.isChecked(),
            frame_ms=self._frame.value(),
            hold_ms=round(self._hold.value() * 1000),
            has_captions=self._captions.isChecked(),
            width_px=self._width.currentData(),
        )

    def _make_fields(self, choices: ExportChoices, place: Path) -> None:
        self._format = QComboBox()
        for key, film_format in FORMATS.items():
            self._format.addItem(film_format.label, key)
        self._views = {name: QCheckBox(VIEWS[name].label) for name in PICTURES}
        for name, box in self._views.items():
            box.setObjectName(f"exportView-{name}")
            box.setChecked(name in choices.views)
            box.toggled.connect(self._change)
        self._decoded = QCheckBox("Decode every step by the autoencoder")
        self._decoded.setToolTip("True pictures; takes a decode for each step. Otherwise small linear previews.")
        self._decoded.setChecked(choices.is_decoded)
        self._frame = QSpinBox(minimum=FRAME_MS[0], maximum=FRAME_MS[-1], singleStep=20, suffix=" ms")
        self._frame.setValue(choices.frame_ms)
        self._hold = QDoubleSpinBox(minimum=0, maximum=HOLD_MS[-1] / 1000, singleStep=0.5, decimals=1, suffix=" s")
        self._hold.setValue(choices.hold_ms / 1000)
        self._width = QComboBox()
        self._width.addItem("As the picture", None)
        for width_px in WIDTHS_PX:
            self._width.addItem(f"{width_px} pixels", width_px)
        self._width.setCurrentIndex(max(self._width.findData(choices.width_px), 0))
        self._captions = QCheckBox("Step and sigma below the picture")
        self._captions.setChecked(choices.has_captions)
        self._path = QLineEdit(str(place))
        self._browse = QPushButton("…")
        self._browse.setAccessibleName("Choose the file")
        self._browse.clicked.connect(self._ask_path)
        for field, name in (
            (self._format, "exportFormatCombo"),
            (self._decoded, "exportDecodedCheck"),
            (self._frame, "exportFrameSpin"),
            (self._hold, "exportHoldSpin"),
            (self._width, "exportWidthCombo"),
            (self._captions, "exportCaptionsCheck"),
            (self._path, "exportPathEdit"),
        ):
            field.setObjectName(name)
        for combo in (self._format, self._width):
            combo.currentIndexChanged.connect(self._change)
        for spin in (self._frame, self._hold):
            spin.valueChanged.connect(self._change)
        for box in (self._decoded, self._captions):
            box.toggled.connect(self._change)
        self._format.setCurrentIndex(self._format.findData(choices.format))
        self._follow_format()
        self._format.currentIndexChanged.connect(self._follow_format)

    def _lay_out(self) -> None:
        views = QVBoxLayout()
        views.setSpacing(4)
        for box in self._views.values():
            views.addWidget(box)
        file_row = QHBoxLayout()
        file_row.addWidget(self._path, 1)
        file_row.addWidget(self._browse)
        form = QFormLayout(self._fields)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(12)
        form.setHorizontalSpacing(16)
        form.addRow("&Format", self._format)
        form.addRow("Views", views)
        form.addRow("", self._decoded)
        form.addRow("&Each step for", self._frame)
        form.addRow("&Last step longer by", self._hold)
        form.addRow("&Width of a view", self._width)
        form.addRow("Caption", self._captions)
        form.addRow("File", file_row)
        right = QVBoxLayout()
        right.addWidget(self._preview, 0, Qt.AlignmentFlag.AlignTop)
        right.addWidget(self._summary)
        right.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(24)
        row.addWidget(self._fields, 1)
        row.addLayout(right)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(16)
        layout.addLayout(row)
        layout.addWidget(self._problem)
        layout.addWidget(self._progress)
        layout.addWidget(self._buttons)
        self.setMinimumWidth(720)

    @Slot()
    def _change(self) -> None:
        self._redraw.start()

    @Slot()
    def _follow_format(self) -> None:
        is_sheet = self._format.currentData() == "sheet"
        for field in (self._frame, self._hold):
            field.setEnabled(not is_sheet)
        self._path.setText(str(Path(self._path.text()).with_suffix(FORMATS[self._format.currentData()].suffix)))

    @Slot()
    def _draw_preview(self) -> None:
        """The last step by the linear map: at once, and enough to judge size and caption."""
        choices = self.choices
        self._export.setEnabled(bool(choices.views))
        if not choices.views:
            self._summary.setText("Choose at least one view.")
            return
        last = next(iter(export_frames(_only_last(self._film), choices.views)))
        picture = compose(last, choices.options(Path()), FORMATS[choices.format])
        self._preview.show_picture(to_image(np.asarray(picture)))
        count = len(self._film.frames)
        seconds = (count * choices.frame_ms + choices.hold_ms) / 1000
        length = "all steps on one picture" if choices.format == "sheet" else f"{seconds:.1f} seconds"
        self._summary.setText(f"{count} pictures of {picture.width} × {picture.height} pixels, {length}")

    @Slot()
    def _ask_path(self) -> None:
        film_format = FORMATS[self._format.currentData()]
        dialog = QFileDialog(self, "Export the film as", str(Path(self._path.text()).parent))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"{film_format.label} (*{film_format.suffix})")
        dialog.setDefaultSuffix(film_format.suffix.lstrip("."))
        dialog.selectFile(Path(self._path.text()).name)
        dialog.fileSelected.connect(self._path.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot()
    def _begin(self) -> None:
        path = Path(self._path.text()).expanduser()
        if not path.name or not path.is_absolute():
            self._show_problem(Message("", "The file needs a whole path, from the root of the disk."))
            return
        choices = self.choices
        self.choices_made.emit(choices)
        self._problem.hide()
        self._fields.setEnabled(False)
        self._export.setEnabled(False)
        self._progress.setRange(0, len(self._film.frames))
        self._progress.setValue(0)
        self._progress.show()
        self._exporter.begin(self._film, choices, choices.options(path))

    @Slot(object)
    def _advance(self, progress: Progress) -> None:
        self._progress.setValue(progress.done)

    @Slot(object)
    def _finish(self, path: Path) -> None:
        self.exported.emit(path)
        self.accept()

    @Slot(object)
    def _show_problem(self, message: Message) -> None:
        self._unlock()
        self._problem.setText(f"{message.title} {message}".strip())
        self._problem.show()

    @Slot()
    def _unlock(self) -> None:
        self._fields.setEnabled(True)
        self._export.setEnabled(True)
        self._progress.hide()

    @Slot()
    def _leave(self) -> None:
        self._exporter.cancel()
        self.deleteLater()


def _only_last(film: Film) -> Film:
    return replace(film, frames=film.frames[-1:])


def _hint() -> QLabel:
    label = QLabel()
    label.setProperty("role", "hint")
    label.setWordWrap(True)
    return label
