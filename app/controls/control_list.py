"""The pictures that guide the one that is made: a row for each, and a button for the next."""

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from app.controls.control_row import ControlRow
from app.controls.pasting import Pasting
from app.messages.errors import message
from app.session.control_selection import ControlSelection
from app.session.session import Session
from app.widgets.building import text_label, vbox
from app.widgets.drop_router import DropRouter, DropRule, first, is_source
from app.widgets.field import GAP_PX, describe
from app.widgets.file_dialogs import SOURCES, ask_file
from app.widgets.icons import set_icon
from core.errors import SaveFailed
from core.language.words import tr
from core.request.control import MOST_CONTROLS


class ControlList(QWidget):
    """Rows of `ControlRow` above a button that takes a picture by click, drop or paste."""

    def __init__(self, session: Session, selection: ControlSelection) -> None:
        super().__init__()
        self._session = session
        self._selection = selection
        self.rows: list[ControlRow] = []
        DropRouter(self, [DropRule(is_source, first(self.add))])
        self.button = QPushButton(tr("Guide by a picture…"))
        set_icon(self.button, "plus")
        self.button.setStyleSheet("text-align: left")
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        describe(
            self.button,
            "addControlButton",
            tr("Guide by a picture"),
            tr(
                "Control: the edges, the pose or the depth of another picture guide the one that is made.\n"
                "Click to choose one, drop it here, or paste it (Ctrl+V). Several can act together."
            ),
        )
        self.sentence = text_label(name="controlsSentence", role="hint", is_plain=True, wraps=True)
        self.sentence.hide()
        self.pasting = Pasting(
            self.button, selection.pasted, session.draft_editor.files, self.add, self._on_not_kept
        )
        self._column = vbox(spacing=3 * GAP_PX)
        vbox(self._column, self.button, self.sentence, on=self, spacing=2 * GAP_PX)
        self.button.clicked.connect(self._on_clicked)
        selection.changed.connect(self._show)
        session.draft_edited.connect(self._show)
        self._show()

    def add(self, path: Path) -> None:
        """Has a picture guide, if there is room for another one."""
        self.sentence.hide()
        if len(self._session.draft.controls) < MOST_CONTROLS:
            self._selection.add(path)

    def showEvent(self, event: QShowEvent) -> None:
        self._selection.look()
        super().showEvent(event)

    @Slot()
    def _show(self) -> None:
        draft = self._session.draft  # newer than the one of a signal that has led to another edit
        while len(self.rows) > len(draft.controls):
            row = self.rows.pop()
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self.rows) < len(draft.controls):
            row = ControlRow(len(self.rows), self._session, self._selection)
            row.removed.connect(self._remove)
            self._column.addWidget(row)
            self.rows.append(row)
        for row, control in zip(self.rows, draft.controls, strict=True):
            row.show_control(control, draft)
        self.button.setEnabled(len(draft.controls) < MOST_CONTROLS)

    @Slot()
    def _on_clicked(self) -> None:
        ask_file(self, tr("Choose a control picture"), self.add, [SOURCES])

    @Slot(int)
    def _remove(self, number: int) -> None:
        self._selection.remove(number)
        self.button.setFocus()

    def _on_not_kept(self, error: SaveFailed) -> None:
        self.sentence.setText(str(message(error)))
        self.sentence.show()
