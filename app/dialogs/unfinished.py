"""The runs that were cut off, as a list: each can be continued or deleted, or all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFrame, QWidget

from app.messages.errors import Message
from app.session.engine_tasks import EngineTasks
from app.widgets.building import STRETCH, hbox, push_button, scroll_area, stretched, text_label, vbox
from app.widgets.dates import moment_text
from app.widgets.elided_label import ElidedLabel
from app.widgets.pixels import enlarged, to_image
from core.film.stored import UnfinishedRun
from core.language.words import tr
from core.pictures.pixels import Pixels
from core.runs.operations import PreviewFilm, Resume

SIZE_PX, PICTURE_PX = (640, 480), 72
NONE = tr("No picture is unfinished. Runs that were stopped or cut off are listed here.")


class UnfinishedDialog(QDialog):
    """Shows the last step of each run; what is deleted can be taken back. Opens by `open`, without blocking.

    Signals:
        continued, deleted, taken_back: an `UnfinishedRun`.
    """

    continued = Signal(object)
    deleted = Signal(object)
    taken_back = Signal(object)

    def __init__(
        self,
        runs: Sequence[UnfinishedRun],
        is_deleted: Sequence[bool],
        engine_tasks: EngineTasks,
        parent: QWidget | None = None,
    ) -> None:
        """``is_deleted`` says of each run whether it has been deleted before, and can still be taken back."""
        super().__init__(parent)
        self.setObjectName("unfinishedDialog")
        self.setWindowTitle(tr("Unfinished pictures"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._engine_tasks = engine_tasks
        self.rows = [Row(run) for run in runs]
        content = QWidget()
        content.setProperty("role", "panel")
        column = vbox(*self.rows, on=content, margins=8, spacing=4)
        if not runs:
            column.addWidget(text_label(NONE, role="hint", wraps=True))
        column.addStretch(1)
        for row, gone in zip(self.rows, is_deleted, strict=True):
            row.continue_asked.connect(partial(self.continued.emit, row.run))
            row.delete_asked.connect(partial(self.deleted.emit, row.run))
            row.undo_asked.connect(partial(self.taken_back.emit, row.run))
            if gone:
                row.show_deleted()
            task = f"unfinished {row.run.path.name}"
            engine_tasks.submit(task, PreviewFilm(row.run.path), row.show_pictures, row.show_no_picture)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        every = push_button(tr("Continue all"), self._continue_all, name="continueAllUnfinishedButton")
        delete = push_button(tr("Delete all"), self._delete_all, name="deleteAllUnfinishedButton")
        for button in (every, delete):
            button.setVisible(len(runs) > 1)
        buttons.rejected.connect(self.close)
        foot = hbox(every, delete, STRETCH, buttons, spacing=8)
        vbox(stretched(scroll_area(content, tr("Unfinished pictures"))), foot, on=self, margins=16, spacing=16)
        self.resize(*SIZE_PX)
        self.finished.connect(self._withdraw)

    @Slot()
    def _continue_all(self) -> None:
        for row in self._open_rows():
            row.resume.click()

    @Slot()
    def _delete_all(self) -> None:
        for row in self._open_rows():
            row.delete.click()

    def _open_rows(self) -> list[Row]:
        """Returns those that are neither in the queue nor deleted."""
        return [row for row in self.rows if not row.resume.isHidden()]

    @Slot()
    def _withdraw(self) -> None:
        for row in self.rows:
            self._engine_tasks.withdraw(f"unfinished {row.run.path.name}")


class Row(QFrame):
    """One run.

    Signals:
        continue_asked, delete_asked, undo_asked: a button was pressed.
    """

    continue_asked = Signal()
    delete_asked = Signal()
    undo_asked = Signal()

    def __init__(self, run: UnfinishedRun) -> None:
        super().__init__()
        self.run = run
        self.picture = text_label()
        self.picture.setFixedSize(PICTURE_PX, PICTURE_PX)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title = Resume(run.path, run.request).title
        self._about = tr(
            "Step {step} of {steps} · {made} · {model}",
            step=run.step,
            steps=run.request.all_steps,
            made=moment_text(run.made),
            model=run.request.model,
        )
        self._detail = ElidedLabel(self._about, role="hint")
        self.resume = push_button(tr("Continue"), self._continue, name="continueRowButton")
        self.delete = push_button(tr("Delete"), self._delete, name="deleteRowButton")
        self.undo = push_button(tr("Undo"), self._undo, name="undoRowButton")
        for button, words in ((self.resume, tr("Continue")), (self.delete, tr("Delete")), (self.undo, tr("Keep"))):
            button.setAccessibleName(f"{words}: {title[:60]}")
        self.undo.hide()
        words = vbox(STRETCH, ElidedLabel(title), self._detail, STRETCH, spacing=2)
        row = hbox(self.picture, stretched(words), self.resume, self.delete, self.undo, on=self, spacing=8)
        row.setAlignment(Qt.AlignmentFlag.AlignVCenter)

    def show_pictures(self, pictures: Sequence[Pixels]) -> None:
        """Shows the last one."""
        side = QSize(PICTURE_PX, PICTURE_PX)
        picture = enlarged(to_image(pictures[-1])).scaled(
            side, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        self.picture.setPixmap(QPixmap.fromImage(picture))

    def show_no_picture(self, problem: Message) -> None:
        """Says why there is none."""
        self.picture.setText("—")
        self.picture.setToolTip(str(problem))

    def show_deleted(self) -> None:
        """Offers to take it back."""
        self._show(tr("Deleted when Emulsion closes"), is_deleted=True)

    @Slot()
    def _continue(self) -> None:
        self._show(tr("In the queue"))
        self.resume.hide()
        self.delete.hide()
        self.continue_asked.emit()

    @Slot()
    def _delete(self) -> None:
        self.show_deleted()
        self.undo.setFocus()
        self.delete_asked.emit()

    @Slot()
    def _undo(self) -> None:
        self._show(self._about)
        self.delete.setFocus()
        self.undo_asked.emit()

    def _show(self, words: str, *, is_deleted: bool = False) -> None:
        self._detail.show_text(words)
        self.picture.setEnabled(not is_deleted)
        self.undo.setVisible(is_deleted)
        for button in (self.resume, self.delete):
            button.setVisible(not is_deleted)
