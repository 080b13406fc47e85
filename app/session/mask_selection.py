"""The mask of the draft: kept on the disk, read in the background, and its settings by the situation."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from app.messages.errors import message
from app.session.mask_mode import FILLS, MaskMode, mode_of, spans_picture
from app.session.session import Session
from core.errors import EmulsionError
from core.pictures.mask import MaskPixels, mask_path, pixels_of, save_mask
from core.pictures.widening import suited_size, suited_softness
from core.request.mask import NO_MARGINS, Margins, Mask
from core.request.request import GenerationRequest, Size
from core.request.settings.source import DEFAULT_STRENGTH


class MaskSelection(QObject):
    """Part of the window.

    Strength, and what the masked part begins with, follow the situation until the user chooses them.

    Attributes:
        levels: of the draft's mask as far as it has been read; None without one, and for one that cannot be.

    Signals:
        changed: ``levels`` or ``mode`` may be another.
    """

    changed = Signal()

    def __init__(self, session: Session, folder: Path) -> None:
        """``folder`` is where masks are kept."""
        super().__init__(session)
        self._session = session
        self._folder = folder
        self._tasks = session.background.queue(self, "masks")
        self._shown: Mask | None = None
        self._chosen: set[str] = set()
        self._sizes: tuple[Size, Size] | None = None
        self.levels: MaskPixels | None = None
        if session.draft.mask is not None:
            self._chosen |= {"strength", "fill"}
        session.draft_edited.connect(self._follow)
        self._follow(session.draft)

    @property
    def mode(self) -> MaskMode | None:
        """Returns what a run would do now, None without a mask."""
        return mode_of(self._session.draft, spans=self.levels is not None and spans_picture(self.levels))

    @property
    def is_lost(self) -> bool:
        """Returns whether the draft has a mask whose file is not there, and not on its way."""
        mask = self._session.draft.mask
        if mask is None or not mask.is_painted or self._session.draft_editor.files.is_busy:
            return False
        return not Path(mask.path).is_file()

    def keep(self, levels: MaskPixels | None) -> None:
        """Makes a painted mask the draft's, and has it written; None for none."""
        source, mask = self._session.draft.source, self._session.draft.mask
        if levels is None and mask is not None and mask.margins:
            self._edit(mask=replace(mask, path="", sha256="", is_inverted=False))
            return
        if levels is None:
            self.remove()
            return
        path = mask_path(levels, self._folder)
        if source is None or (mask is not None and mask.path == str(path) and not self.is_lost):
            return
        levels = levels.copy()
        work = partial(save_mask, levels, self._folder)
        self._session.draft_editor.files.write(work, self._on_written, self._on_not_written)
        if mask is None and "strength" not in self._chosen and source.strength == DEFAULT_STRENGTH:
            source = replace(source, strength=1.0)
        self.levels = levels
        mask = replace(mask or Mask(""), path=str(path), sha256="", is_inverted=False)
        self._shown = mask
        self._edit(source=source, mask=mask)
        self.changed.emit()

    def widen(self, margins: Margins, size: Size) -> None:
        """Takes what is to be added around the start image, which has this size; nothing for nothing.

        The model's size becomes that of the wider picture, and what it was when nothing is added any more.
        """
        draft, editor = self._session.draft, self._session.draft_editor
        source, mask = draft.source, draft.mask
        if source is None or margins == (mask.margins if mask is not None else NO_MARGINS):
            return
        model = editor.model_of(draft)
        if self._sizes is None and mask is not None and mask.margins and model is not None:
            # of a draft from an earlier start it is not known: then it is the model's own
            self._sizes = model.defaults.size, suited_size(size, mask.margins, model.limits, model.defaults.size)
        if mask is not None and not margins and not mask.path:
            self.remove()
            return
        if mask is None:
            mask = Mask("", softness=suited_softness(size))
            if "strength" not in self._chosen and source.strength == DEFAULT_STRENGTH:
                source = replace(source, strength=1.0)
        worked = self.size_before()
        if margins and model is not None:
            self._sizes = worked, suited_size(size, margins, model.limits, model.defaults.size)
            worked = self._sizes[1]
        self._edit(source=source, mask=replace(mask, margins=margins), size=worked)

    def remove(self) -> None:
        """Changes the whole picture again."""
        source = self._session.draft.source
        if self._session.draft.mask is not None:
            if source is not None and "strength" not in self._chosen and source.strength == 1.0:
                source = replace(source, strength=DEFAULT_STRENGTH)
            self._session.edit(source=source, mask=None, size=self.size_before())
            self._chosen.discard("fill")

    def size_before(self) -> Size:
        """Returns the size that the draft had before the picture became wider, or one that was chosen since."""
        mask, size = self._session.draft.mask, self._session.draft.size
        is_wider = mask is not None and mask.margins
        return self._sizes[0] if is_wider and self._sizes is not None and self._sizes[1] == size else size

    def set_strength(self, strength: float) -> None:
        """Takes the user's strength."""
        source = self._session.draft.source
        if source is not None and source.strength != strength:
            self._chosen.add("strength")
            self._edit(source=replace(source, strength=strength))

    def change(self, **changes: Any) -> None:
        """Takes the user's settings of the mask, by the names of its fields."""
        mask = self._session.draft.mask
        if mask is not None:
            self._chosen |= {"fill"} & set(changes)
            self._session.edit(mask=replace(mask, **changes))

    def _edit(self, **changes: Any) -> None:
        """Edits the draft; the mask begins with what suits the strength, unless somebody chose that."""
        before = self._session.draft
        after, was = replace(before, **changes), mode_of(before)
        mode = mode_of(after)
        is_usual = before.mask is None or (was is not None and before.mask.fill == FILLS[was])
        if mode is not None and after.mask is not None and is_usual and "fill" not in self._chosen:
            changes["mask"] = replace(after.mask, fill=FILLS[mode])
        self._session.edit(**changes)

    @Slot(object)
    def _follow(self, draft: GenerationRequest) -> None:
        mask = draft.mask
        if (
            mask is None
            or self._shown is None
            or (mask.path, mask.sha256) != (self._shown.path, self._shown.sha256)
        ):
            self._tasks.cancel()
            self._shown, self.levels = mask, None
            if mask is not None and mask.is_painted:
                self._tasks.submit(partial(_read, mask), self._on_read, self._on_not_read)
        self.changed.emit()

    def _on_written(self, _path: object) -> None:
        self.changed.emit()

    def _on_not_written(self, error: EmulsionError) -> None:
        self._session.failed.emit(message(error))
        self.changed.emit()

    def _on_read(self, levels: MaskPixels) -> None:
        self.levels = levels
        self.changed.emit()

    def _on_not_read(self, _error: EmulsionError) -> None:
        """The engine tells it when the mask is to be used; the control shows that there is nothing."""
        self.changed.emit()


def _read(mask: Mask) -> MaskPixels:
    return pixels_of(mask)[0]
