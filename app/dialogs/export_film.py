"""Asks for the settings of a film's export, shows a preview, and the progress."""

import time
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QLabel,
    QProgressBar,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.film.export_choices import WIDTHS_PX, ExportChoices
from app.film.export_file import ExportFile
from app.film.export_preview import ExportPreview
from app.film.export_text import decode_words, file_words, left_words, size_words
from app.film.film_exporter import FilmExporter
from app.film.views import VIEWS
from app.messages.errors import Message
from app.session.background import BackgroundTasks
from app.widgets.building import STRETCH, form, hbox, named, stretched, text_label, vbox
from app.widgets.dialog_body import DialogBody, fit_to_screen
from app.widgets.field import combo_box
from app.widgets.theme import prepare_spin_boxes
from core.film.film import Film
from core.film_export.estimate import estimated_bytes
from core.film_export.export import FRAME_MS, HOLD_MS, Progress
from core.film_export.formats import FORMATS
from core.film_export.pictures import DECODED, PICTURES
from core.language.words import tr

PREVIEW_PX = 280
CHANGED_AFTER_MS = 60


class ExportFilmDialog(QDialog):
    """Open it with `show`: the window stays free while it exports. Closed meanwhile, the export goes on.

    Signals:
        exported: the path of the file. left: closed while it exports.
        choices_made: `ExportChoices`, when an export begins.
    """

    exported = Signal(object)
    left = Signal()
    choices_made = Signal(object)

    def __init__(
        self,
        film: Film,
        picture: Path,
        choices: ExportChoices,
        exporter: FilmExporter,
        background: BackgroundTasks,
        parent: QWidget | None = None,
    ) -> None:
        """Takes the ``picture`` that the film belongs to; the export goes beside it by default."""
        super().__init__(parent)
        self.setObjectName("exportFilmDialog")
        self.setWindowTitle(tr("Export film"))
        self._film = film
        self._exporter = exporter
        self._began = 0.0
        self._fields = QWidget()
        self._preview = ExportPreview(background)
        self._preview.setFixedSize(PREVIEW_PX, PREVIEW_PX)
        self._summary = _hint("exportSummary")
        self._size = _hint("exportSize")
        self._sizes = background.queue(self, "export size")
        self._problem = _hint("exportProblem")
        self._problem.setProperty("tone", "error")
        self._problem.hide()
        self._bar = QProgressBar(textVisible=False)
        self._left = _hint("exportProgress")
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._export = self._buttons.addButton(tr("Export"), QDialogButtonBox.ButtonRole.AcceptRole)
        self._export.setObjectName("exportButton")
        self._export.setProperty("kind", "primary")
        self._redraw = QTimer(self, singleShot=True, interval=CHANGED_AFTER_MS)
        self._redraw.timeout.connect(self._draw_preview)
        self._file = ExportFile(picture, choices.format)
        self._file.changed.connect(self._show_file)
        self._make_fields(choices)
        self._lay_out()
        self._show_progress(is_shown=False)
        self._export.clicked.connect(self._begin)
        self._buttons.rejected.connect(self._cancel)
        exporter.advanced.connect(self._advance)
        exporter.finished.connect(self._finish)
        exporter.failed.connect(self._fail)
        exporter.cancelled.connect(self._unlock)
        self.finished.connect(self._leave)
        prepare_spin_boxes(self)
        self._show_choices()
        fit_to_screen(self)
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
            is_motion_even=self._even.isChecked(),
            goes_back=self._back.isChecked(),
        )

    def _make_fields(self, choices: ExportChoices) -> None:
        formats = [(film_format.label, key) for key, film_format in FORMATS.items()]
        self._format = combo_box(formats, "exportFormatCombo", tr("Format"))
        self._format.setCurrentIndex(self._format.findData(choices.format))
        names = [name for name in PICTURES if name != "control" or self._film.request.controls]
        self._views = {name: named(QCheckBox(VIEWS[name].label), f"exportView-{name}") for name in names}
        for name, box in self._views.items():
            box.setChecked(name in choices.views)
        if not any(box.isChecked() for box in self._views.values()):
            self._views["denoised"].setChecked(True)
        self._decoded = named(QCheckBox(tr("Full quality (decode every step)")), "exportDecodedCheck")
        self._decoded.setChecked(choices.is_decoded)
        self._cost = _hint("exportCost")
        frame = QSpinBox(minimum=FRAME_MS[0], maximum=FRAME_MS[-1], singleStep=20, suffix=" ms")
        self._frame = named(frame, "exportFrameSpin")
        self._frame.setValue(choices.frame_ms)
        self._even = named(QCheckBox(tr("Even motion: longer where much changes")), "exportEvenCheck")
        self._even.setChecked(choices.is_motion_even)
        self._back = named(QCheckBox(tr("There and back")), "exportBackCheck")
        self._back.setToolTip(tr("After the last step all others follow backwards, for films that play in a loop"))
        self._back.setChecked(choices.goes_back)
        hold = QDoubleSpinBox(minimum=0, maximum=HOLD_MS[-1] / 1000, singleStep=0.5, decimals=1, suffix=" s")
        self._hold = named(hold, "exportHoldSpin")
        self._hold.setValue(choices.hold_ms / 1000)
        widths = [
            (tr("As the picture"), None),
            *((tr("{width_px} pixels", width_px=width_px), width_px) for width_px in WIDTHS_PX),
        ]
        self._width = combo_box(widths, "exportWidthCombo", tr("Size of each view"))
        self._width.setCurrentIndex(max(self._width.findData(choices.width_px), 0))
        self._captions = named(QCheckBox(tr("Step and noise below the picture")), "exportCaptionsCheck")
        self._captions.setChecked(choices.has_captions)
        for combo in (self._format, self._width):
            combo.currentIndexChanged.connect(self._change)
        for spin in (self._frame, self._hold):
            spin.valueChanged.connect(self._change)
        for box in (*self._views.values(), self._decoded, self._captions, self._even, self._back):
            box.toggled.connect(self._change)

    def _lay_out(self) -> None:
        fields = form(
            (tr("&Format"), self._format),
            (tr("Views"), _column(*self._views.values())),
            (tr("Pictures"), _column(self._decoded, self._cost)),
            (tr("&Each step for"), _column(self._frame, self._even, self._back)),
            (tr("&Hold last step for"), self._hold),
            (tr("&Size of each view"), self._width),
            (tr("Caption"), self._captions),
        )
        fields.setContentsMargins(0, 0, 0, 0)
        self._fields.setLayout(fields)
        right = vbox(self._preview, self._summary, self._size, STRETCH, spacing=8)
        row = hbox(stretched(self._fields), right, spacing=24)
        file_label = QLabel(tr("F&ile"))
        file_label.setBuddy(self._file)
        bottom = hbox(stretched(_column(self._left, self._bar)), self._buttons, spacing=24)
        file = _column(file_label, self._file)
        body = DialogBody(vbox(row, file, spacing=16), tr("Settings of the export"))
        vbox(stretched(body), self._problem, bottom, on=self, margins=(24, 24, 24, 16), spacing=16)
        self._export.setDefault(True)

    @Slot()
    def _change(self) -> None:
        self._redraw.start()
        self._show_choices()

    def _show_choices(self) -> None:
        choices = self.choices
        for field in (self._frame, self._hold, self._even, self._back):
            field.setEnabled(choices.format != "sheet")
        self._file.follow_format(choices.format)
        self._decoded.setEnabled(bool(DECODED.intersection(choices.views)))
        self._cost.setText(decode_words(self._film, choices))
        self._show_file()

    @Slot()
    def _draw_preview(self) -> None:
        choices = self.choices
        self._sizes.cancel()
        self._size.setText("")
        if choices.views:
            self._preview.show_export(self._film, choices)
            options = choices.options(self._file.path)
            estimate = partial(estimated_bytes, self._film, choices.views, options, is_decoded=choices.is_decoded)
            self._sizes.submit(estimate, self._show_size)
        else:
            self._preview.leave()

    def _show_size(self, size_bytes: int) -> None:
        self._size.setText(size_words(size_bytes))

    @Slot()
    def _show_file(self) -> None:
        """Shows the file that will be written, or why it cannot be."""
        choices, problem = self.choices, self._file.problem
        if not choices.views:
            problem = tr("Choose at least one view.")
        self._summary.setText(problem or file_words(self._film, choices))
        replaces = not problem and self._file.replaces
        if replaces:
            self._summary.setText(
                tr("{value}\nA file of this name is there. It will be replaced.", value=self._summary.text())
            )
        self._export.setText(tr("Replace") if replaces else tr("Export"))
        self._export.setEnabled(not problem and not self._exporter.is_busy)

    @Slot()
    def _begin(self) -> None:
        choices = self.choices
        self.choices_made.emit(choices)
        self._problem.hide()
        for widget in (self._fields, self._file, self._export):
            widget.setEnabled(False)
        self._bar.setRange(0, len(self._film.frames))
        self._bar.setValue(0)
        self._left.setText(tr("Starting…"))
        self._show_progress(is_shown=True)
        self._began = time.monotonic()
        self._exporter.begin(self._film, choices, choices.options(self._file.path, self._film.frames))

    @Slot(object)
    def _advance(self, progress: Progress) -> None:
        self._bar.setValue(progress.done)
        self._left.setText(left_words(progress, time.monotonic() - self._began))

    @Slot(object)
    def _finish(self, path: Path) -> None:
        self.exported.emit(path)
        self.accept()

    @Slot(object)
    def _fail(self, message: Message) -> None:
        self._unlock()
        self._problem.setText(f"{message.title}. {message}".removeprefix(". "))
        self._problem.show()

    @Slot()
    def _cancel(self) -> None:
        """Cancels a running export first, then the dialog."""
        if self._exporter.is_busy:
            self._exporter.cancel()
            self._left.setText(tr("Stopping…"))
        else:
            self.reject()

    @Slot()
    def _unlock(self) -> None:
        for widget in (self._fields, self._file):
            widget.setEnabled(True)
        self._show_progress(is_shown=False)
        self._show_file()

    def _show_progress(self, *, is_shown: bool) -> None:
        self._bar.setVisible(is_shown)
        self._left.setVisible(is_shown)

    @Slot()
    def _leave(self) -> None:
        if self._exporter.is_busy:
            self.left.emit()
        self._redraw.stop()
        self._sizes.cancel()
        self._preview.leave()
        self.deleteLater()


def _column(*widgets: QWidget) -> QVBoxLayout:
    return vbox(*widgets, spacing=4)


def _hint(name: str) -> QLabel:
    return text_label(name=name, role="hint", is_plain=True, wraps=True)
