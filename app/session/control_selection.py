"""The draft's controls, and the networks for them at hand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from app.messages.errors import message
from app.session.session import Session
from core.control.edits import EditPixels, save_edits, whole_of
from core.control.file import ControlFile
from core.control.types import type_of
from core.errors import EmulsionError
from core.language.words import tr
from core.models.catalogue import Catalogue
from core.models.compatibility import kind_of
from core.request.control import PREPROCESSORS, Control, MapEdits
from core.request.request import GenerationRequest, Size


class ControlSelection(QObject):
    """Part of the window; looks for files in the background.

    Attributes:
        files: what was found at the last look, None before the first.
        pasted: the folder for pictures from the clipboard.

    Signals:
        changed: other files were found.
        paint_asked: the map of the control of a number is to be painted over.
    """

    changed = Signal()
    paint_asked = Signal(int)

    def __init__(self, catalogue: Catalogue, session: Session, pasted: Path) -> None:
        super().__init__(session)
        self._catalogue = catalogue
        self._session = session
        self._kinds: dict[str, str] = {}
        self.pasted = pasted
        self.files: tuple[ControlFile, ...] | None = None
        self._tasks = session.background.queue(self, "controls")
        session.draft_edited.connect(self._name)

    @Slot()
    def look(self) -> None:
        """Looks at the disk again; ``changed`` may follow."""
        catalogue, models = self._catalogue, self._session.draft_editor.models

        def found() -> tuple[tuple[ControlFile, ...], dict[str, str]]:
            return catalogue.controls.look(), {model.key: kind_of(model) for model in models}

        self._tasks.submit(found, self._on_found)

    def objection(self, file: ControlFile) -> str:
        """Returns why a network cannot guide the draft's model, as a phrase; "" when it can."""
        kind = self._kinds.get(self._session.draft.model, "")
        if not kind or file.made_for in ("", kind):
            return ""
        return tr("made for {made_for}", made_for=file.made_for)

    def values_of(self, request: GenerationRequest) -> int:
        """Returns the number of weights of a request's networks, as far as they were found."""
        names = {one.name for one in request.controls}
        return sum(file.values for file in self.files or () if file.name in names)

    def add(self, path: Path) -> None:
        """Has a picture guide, by the first network that fits; the next is chosen by the user."""
        added = self._suited(Control(self._first(), str(path.absolute())))
        self._session.edit(controls=(*self._session.draft.controls, added))

    def change(self, number: int, **values: Any) -> None:
        """Gives the control of this number, from 0, other values."""
        controls = list(self._session.draft.controls)
        controls[number] = self._suited(_changed(controls[number], values))
        self._session.edit(controls=tuple(controls))

    def paint(self, number: int, edits: EditPixels | None, picture: Size) -> None:
        """Has what was painted over a map written, and makes it the control's then; None for nothing.

        ``picture`` is the size of the control's whole picture.
        """
        if edits is None:
            self.change(number, edits=None)
            return
        path = self._session.draft.controls[number].path

        def written(place: Path) -> None:
            controls = self._session.draft.controls
            if number < len(controls) and controls[number].path == path:
                self.change(number, edits=MapEdits(str(place)))

        painted = edits.copy()

        def work() -> Path:
            return save_edits(whole_of(painted, picture), self.pasted)

        self._session.draft_editor.files.write(work, written, self._on_not_written)

    def _on_not_written(self, error: EmulsionError) -> None:
        self._session.failed.emit(message(error))

    def preprocessors(self, control: Control) -> tuple[str, ...]:
        """Returns the keys of what can be made of a picture for a control's network."""
        file = self._file_of(control)
        return tuple(PREPROCESSORS) if file is None else file.preprocessors

    def types(self, control: Control) -> tuple[str, ...]:
        """Returns the keys of the kinds of maps that a control's network tells apart; () unless it is a union."""
        file = self._file_of(control)
        return file.types if file is not None else ()

    def _file_of(self, control: Control) -> ControlFile | None:
        return next((file for file in self.files or () if file.name == control.name), None)

    def _suited(self, control: Control) -> Control:
        fitting, file = self.preprocessors(control), self._file_of(control)
        if control.preprocessor not in fitting:
            control = replace(control, preprocessor=fitting[0], values=())
        if file is None:
            return control
        return replace(control, type=type_of(control, file.types))  # "" for one that only the user can tell

    def remove(self, number: int) -> None:
        controls = list(self._session.draft.controls)
        del controls[number]
        self._session.edit(controls=tuple(controls))

    @Slot()
    def _name(self) -> None:
        """Gives controls without a network the first one that fits."""
        controls = self._session.draft.controls
        if all(one.name for one in controls):
            return
        if name := self._first():
            named = (one if one.name else self._suited(replace(one, name=name)) for one in controls)
            self._session.edit(controls=tuple(named))

    def _first(self) -> str:
        return next((file.name for file in self.files or () if not self.objection(file)), "")

    def _on_found(self, found: tuple[tuple[ControlFile, ...], dict[str, str]]) -> None:
        files, kinds = found
        if (files, kinds) != (self.files, self._kinds):
            self.files, self._kinds = files, kinds
            self.changed.emit()
            self._name()


def _changed(control: Control, values: dict[str, Any]) -> Control:
    """Returns another control, without the hash of a network or picture that it has no more."""
    if "name" in values:
        values = {"network": "", **values}
    if "path" in values:
        values = {"sha256": "", "edits": None, **values}
    if "preprocessor" in values:
        values = {"values": (), "type": "", **values}
    return replace(control, **values)
