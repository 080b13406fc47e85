"""Painting in the place of the canvas: opens the start image, and keeps what is painted in the draft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Slot

from app.create.editing_place import EditingPlace
from app.create.frame_place import FramePlace
from app.create.map_place import MapPlace
from app.create.page import CreatePage
from app.masks.editor import MaskEditor
from app.masks.opening import PictureToMask, read_masked
from app.session.session import Session
from app.widgets.drop_router import DropRouter, DropRule, first, is_source
from core.request.request import GenerationRequest, Mask

KEEP_AFTER_MS = 1500


class MaskPlace(EditingPlace):
    """Part of the page *Create*.

    What is painted becomes the draft's mask when painting ends, when a run is to use it, and when the hand rests.

    Attributes:
        stays_open: says whether a run that begins leaves the place as it is, as those without end do.
        frames: the place where frames are drawn wider.
    """

    def __init__(self, create: CreatePage, session: Session) -> None:
        super().__init__(create, session, "masks")
        self._masks = create.masks
        self._editor: MaskEditor | None = None
        self.stays_open: Callable[[], bool] = lambda: False
        self._is_kept, self._is_keeping = True, False
        self._path = self._mask_path = ""
        self._before: Mask | None = None
        self._rest = QTimer(self, singleShot=True, interval=KEEP_AFTER_MS)
        self._rest.timeout.connect(self._on_rested)
        self.frames = FramePlace(create, session)
        self.frames.failed.connect(self.failed)
        self._maps = MapPlace(create, session)
        self._maps.failed.connect(self.failed)
        create.left.mask_control.paint_asked.connect(self.open)
        session.draft_editor.completing.connect(self._on_completing)
        session.draft_edited.connect(self._on_draft_edited)

    @Slot()
    def open(self) -> None:
        """Begins painting over the draft's start image, or goes on with it."""
        source = self._session.draft.source
        if self._create.is_painting and source is not None and source.path == self._path:
            self._create.mask_editor.view.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._read()

    def _read(self) -> None:
        source, mask = self._session.draft.source, self._session.draft.mask
        if source is not None:
            show = partial(self._show, source.path, mask.path if mask is not None else "")
            self._begin(partial(read_masked, Path(source.path), mask), show)

    @Slot()
    def close(self) -> None:
        """Keeps the mask, and shows the canvas again."""
        self._keep()
        self.frames.close()
        self._maps.close()
        if self._create.is_painting:
            if self._editor is not None:
                self._editor.view.drop_gesture()
            self._create.show_painting(is_shown=False)
            self._focus_canvas()

    @Slot()
    def cancel(self) -> None:
        """Shows the canvas again, with the mask that was there before; undo brings back what was painted."""
        self.close()
        session, before = self._session, self._before
        mask = session.draft.mask
        if mask is None or (before is not None and before.path == mask.path):
            return
        session.draft_editor.end_step()
        if before is None:
            self._masks.remove()
        else:
            session.edit(
                mask=replace(mask, path=before.path, sha256=before.sha256, is_inverted=before.is_inverted)
            )
        session.draft_editor.end_step()

    def _show(self, path: str, mask_path: str, opened: PictureToMask) -> None:
        source = self._session.draft.source
        if source is None or source.path != path:  # it was changed while the file was read
            self._read()
            return
        editor = self._create.mask_editor
        if self._editor is None:
            self._editor = editor
            editor.painted.connect(self._on_painted)
            editor.closed.connect(self.close)
            editor.cancelled.connect(self.cancel)
            editor.paste_asked.connect(self._create.left.source.pasting.paste)
            DropRouter(editor, [DropRule(is_source, first(self._create.left.source.choose))])
        if path != self._path or not self._create.is_painting:
            self._before = self._session.draft.mask
        self._path, self._mask_path, self._is_kept = path, mask_path, True
        mask, known = opened.mask, self._masks.levels  # one that could not be written is only known
        if mask is None and known is not None and known.shape == (opened.picture.height(), opened.picture.width()):
            mask = known
        editor.open(opened.picture, mask, opened.alpha)
        self._create.show_painting(is_shown=True)
        editor.view.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _on_painted(self) -> None:
        self._is_kept = False
        self._rest.start()

    @Slot()
    def _on_rested(self) -> None:
        """Waits on while a stroke is being painted: writing takes longer than a frame."""
        if self._editor is not None and self._editor.view.is_painting:
            self._rest.start()
        else:
            self._keep()

    @Slot()
    def _on_completing(self) -> None:
        self._keep() if self.stays_open() else self.close()

    def _keep(self) -> None:
        source, editor = self._session.draft.source, self._editor
        if editor is None or source is None or source.path != self._path:
            return
        if not self._is_kept or (self._create.is_painting and self._masks.is_lost and editor.levels is not None):
            self._rest.stop()
            self._is_keeping = True
            self._masks.keep(editor.levels)
            self._is_keeping = False
            mask = self._session.draft.mask
            self._mask_path = mask.path if mask is not None else ""
            self._is_kept = True

    @Slot(object)
    def _on_draft_edited(self, draft: GenerationRequest) -> None:
        """Goes on with another start image, or with the mask that undo brought back or the user removed."""
        if self._is_keeping or not self._create.is_painting:
            return
        if draft.source is None:
            self._is_kept = True
            self.close()
        elif (draft.source.path, draft.mask.path if draft.mask is not None else "") != (
            self._path,
            self._mask_path,
        ):
            self._is_kept = True
            self._read()
