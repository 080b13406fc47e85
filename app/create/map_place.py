"""Painting over the map of a control in the place of the canvas; what is painted is kept in the draft."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import Qt, QTimer, Slot

from app.create.editing_place import EditingPlace
from app.create.page import CreatePage
from app.session.session import Session
from app.widgets.pixels import to_image
from core.control.edits import EditPixels, cut_to, read_edits
from core.control.picture import read_map
from core.errors import UnreadablePicture
from core.pictures.pixels import Pixels
from core.pictures.source import read_whole
from core.request.control import Control, MapEdits
from core.request.request import GenerationRequest, Size

KEEP_AFTER_MS = 1500


@dataclass(frozen=True, slots=True, eq=False)
class _Opened:
    """A map that is painted over.

    Attributes:
        made: the map without what was painted. picture: the size of the control's picture.
        edits: what was painted, in the size of the map, or None.
    """

    made: Pixels
    picture: Size
    edits: EditPixels | None


class MapPlace(EditingPlace):
    """Part of the page *Create*.

    What is painted becomes the draft's when painting ends, when a run is to use it, and when the hand rests.
    """

    def __init__(self, create: CreatePage, session: Session) -> None:
        super().__init__(create, session, "control maps")
        self._number = 0
        self._shown: tuple[Control, Size] | None = None
        self._picture = Size(1, 1)
        self._before: MapEdits | None = None
        self._is_kept, self._is_connected = True, False
        self._rest = QTimer(self, singleShot=True, interval=KEEP_AFTER_MS)
        self._rest.timeout.connect(self._keep)
        create.controls.paint_asked.connect(self.open)
        session.draft_editor.completing.connect(self.close)
        session.draft_edited.connect(self._on_draft_edited)

    @Slot(int)
    def open(self, number: int) -> None:
        """Begins painting over the map of the draft's control of this number, from 0."""
        self.close()
        draft = self._session.draft
        if number >= len(draft.controls):
            return
        control, size = draft.controls[number], draft.size
        self._number, self._shown, self._before = number, _about(control, size), control.edits

        def read() -> _Opened:
            made, _ = read_map(replace(control, edits=None), size)
            pixels, _ = read_whole(control)
            try:
                edits = cut_to(read_edits(control.edits)[0], size) if control.edits is not None else None
            except UnreadablePicture:
                edits = None  # it is painted anew
            return _Opened(made, Size(pixels.shape[1], pixels.shape[0]), edits)

        self._begin(read, self._show)

    @Slot()
    def close(self) -> None:
        """Keeps what was painted, and shows the canvas again."""
        self._keep()
        if self._create.is_painting_map:
            self._create.map_editor.view.drop_gesture()
            self._create.show_map(is_shown=False)
            self._focus_canvas()

    @Slot()
    def cancel(self) -> None:
        """Shows the canvas again, with what was painted before."""
        self._is_kept = True
        self.close()
        bring_back = partial(self._bring_back, self._number, self._before)
        if not self._session.draft_editor.files.puts_off(bring_back):  # else those being written would come after
            bring_back()

    def _bring_back(self, number: int, before: MapEdits | None) -> None:
        controls = self._session.draft.controls
        if number < len(controls) and controls[number].edits != before:
            self._create.controls.change(number, edits=before)

    def _show(self, opened: _Opened) -> None:
        if self._asked() != self._shown:  # it was changed while the files were read
            return
        editor, self._picture, self._is_kept = self._create.map_editor, opened.picture, True
        if not self._is_connected:
            self._is_connected = True
            editor.painted.connect(self._on_painted)
            editor.closed.connect(self.close)
            editor.cancelled.connect(self.cancel)
        editor.open(to_image(opened.made), opened.edits)
        self._create.show_map(is_shown=True)
        editor.view.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _on_painted(self) -> None:
        self._is_kept = False
        self._rest.start()

    @Slot()
    def _keep(self) -> None:
        """Waits on while a stroke is being painted. Strokes fit every map of their picture, and no other one."""
        self._rest.stop()
        asked, shown = self._asked(), self._shown
        if self._is_kept or asked is None or shown is None or asked[0].path != shown[0].path:
            return
        if self._create.map_editor.view.is_painting and self.sender() is self._rest:
            self._rest.start()
            return
        self._is_kept = True
        self._create.controls.paint(self._number, self._create.map_editor.levels, self._picture)

    def _asked(self) -> tuple[Control, Size] | None:
        """Returns what the map on the screen would be made of now."""
        draft = self._session.draft
        return _about(draft.controls[self._number], draft.size) if self._number < len(draft.controls) else None

    @Slot(object)
    def _on_draft_edited(self, _draft: GenerationRequest) -> None:
        """Ends with a map that is another one now; what was painted goes on from its button."""
        if self._create.is_painting_map and self._asked() != self._shown:
            self.close()


def _about(control: Control, size: Size) -> tuple[Control, Size]:
    """Returns all that a map is made of, but for what is painted over it."""
    return Control("", control.path, "", "", control.preprocessor, control.used_values), size
