"""Drawing the frame of the start image wider, in the place of the canvas."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Slot

from app.create.editing_place import EditingPlace
from app.create.page import CreatePage
from app.masks.frame_editor import FrameEditor
from app.masks.opening import PictureToMask, read_masked
from app.session.session import Session
from core.request.mask import NO_MARGINS, Margins
from core.request.request import GenerationRequest


class FramePlace(EditingPlace):
    """Part of the page *Create*. The frame is the draft's as soon as a handle is let go."""

    def __init__(self, create: CreatePage, session: Session) -> None:
        super().__init__(create, session, "frames")
        self._editor: FrameEditor | None = None
        self._path = ""
        self._before = NO_MARGINS
        create.left.mask_control.widen_asked.connect(self.open)
        session.draft_editor.completing.connect(self.close)
        session.draft_edited.connect(self._on_draft_edited)

    @property
    def _margins(self) -> Margins:
        """Returns those of the draft."""
        mask = self._session.draft.mask
        return mask.margins if mask is not None else NO_MARGINS

    @Slot()
    def open(self) -> None:
        """Shows the draft's start image in its frame."""
        source = self._session.draft.source
        if source is not None:
            show = partial(self._show, source.path)
            self._begin(partial(read_masked, Path(source.path), None), show)

    @Slot()
    def close(self) -> None:
        """Shows the canvas again."""
        if self._create.is_widening:
            self._create.show_widening(is_shown=False)
            self._focus_canvas()

    @Slot()
    def cancel(self) -> None:
        """Shows the canvas again, and takes the frame that was there before."""
        self._widen(self._before)
        self.close()

    def _show(self, path: str, opened: PictureToMask) -> None:
        source, editor = self._session.draft.source, self._create.frame_editor
        if source is None or source.path != path:  # it was changed while the file was read
            self.open()
            return
        if self._editor is None:
            self._editor = editor
            editor.drawn.connect(self._on_drawn)
            editor.closed.connect(self.close)
            editor.cancelled.connect(self.cancel)
        self._path, self._before = path, self._margins
        editor.open(opened.picture, self._margins, self._session.draft_editor.limits.size_step)
        self._create.show_widening(is_shown=True)
        editor.view.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _on_drawn(self) -> None:
        if self._editor is not None:
            self._widen(self._editor.view.margins)

    def _widen(self, margins: Margins) -> None:
        source = self._session.draft.source
        if self._editor is not None and source is not None and source.path == self._path:
            self._session.draft_editor.end_step()
            self._create.masks.widen(margins, self._editor.view.size_of_picture)
            self._session.draft_editor.end_step()

    @Slot(object)
    def _on_draft_edited(self, draft: GenerationRequest) -> None:
        """Shows the frame that undo brought back or the user removed, or another start image."""
        if self._editor is None or not self._create.is_widening:
            return
        if draft.source is None:
            self.close()
        elif draft.source.path != self._path:
            self.open()
        elif self._margins != self._editor.view.margins:
            self._editor.view.set_margins(self._margins)
