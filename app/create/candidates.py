"""Pictures that were made on the same spot of one start image: looked at in place, and one of them is taken."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QBrush, QImage, QPainter

from app.canvas.current import CurrentView
from app.create.candidate_bar import CandidateBar
from app.create.page import CreatePage
from app.messages.errors import Message
from app.session.mask_mode import strength_without
from app.session.picture_loader import OpenedPicture, PictureLoader
from app.session.run import SavedPicture
from app.session.session import Session
from app.widgets.message_bar import Choice
from core.language.words import tr
from core.request.mask import Margins, Mask
from core.request.request import GenerationRequest, Source

TAKEN, TAKEN_MS = "taken", 8000

Start = tuple[Source | None, Mask | None]
Spot = tuple[str, str, Margins]
"""Start image, mask, and what is added around it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Left:
    """The candidates of which one was taken, and what the draft began with before that and after it."""

    before: Start
    after: Start
    spot: Spot
    paths: list[Path]
    source: QImage | None


class Candidates(QObject):
    """Follows the pictures that are saved; a picture of another spot, or of another start image, begins anew."""

    def __init__(
        self, create: CreatePage, current: CurrentView, bar: CandidateBar, session: Session, loader: PictureLoader
    ) -> None:
        super().__init__(create)
        self._create = create
        self._current = current
        self._bar = bar
        self._session = session
        self._loader = loader
        self._spot: Spot | None = None
        self._paths: list[Path] = []
        self._source: QImage | None = None
        self._left: _Left | None = None
        session.draft_edited.connect(self._on_edited)
        session.picture_saved.connect(self._on_saved)
        create.canvas.shown_changed.connect(self._show)
        bar.step_asked.connect(self._on_step_asked)
        bar.source_held.connect(self._on_source_held)
        bar.take_asked.connect(self._take)
        bar.closed.connect(self._forget)

    @property
    def _index(self) -> int | None:
        """Returns the place of the picture that is shown among the candidates."""
        current = self._current.current
        path = current.path if current is not None else None
        return self._paths.index(path) if path in self._paths else None

    @Slot(object)
    def _on_saved(self, saved: SavedPicture) -> None:
        spot = _spot_of(saved.image.request)
        if spot is None or saved.image.recipe.stage != "final":
            return
        if spot != self._spot:
            self._spot, self._paths, self._source = spot, [], None
            self._loader.read(Path(spot[0]), partial(self._keep_source, spot))
        self._paths.append(saved.path)
        self._show()

    @Slot()
    def _show(self) -> None:
        index = self._index
        if index is None:
            self._bar.hide()
            self._create.canvas.set_cover(None)
        else:
            self._bar.show_place(index + 1, len(self._paths))

    @Slot(int)
    def _on_step_asked(self, step: int) -> None:
        """Passes over those that have been deleted."""
        if (index := self._index) is not None:
            count = len(self._paths)
            others = (self._paths[(index + step * way) % count] for way in range(1, count))
            if (path := next(filter(Path.is_file, others), None)) is not None:
                self._loader.open(path)

    @Slot(bool)
    def _on_source_held(self, is_held: bool) -> None:
        self._create.canvas.set_cover(self._source if is_held else None)

    def _keep_source(self, spot: Spot, opened: OpenedPicture) -> None:
        if spot == self._spot:
            self._source = _in_frame(opened.image, spot[2], self._create.canvas.brush)

    @Slot()
    def _take(self) -> None:
        index, current, draft = self._index, self._current.current, self._session.draft
        if index is None or current is None or self._spot is None:
            return
        path, before, mask = self._paths[index], draft.source, draft.mask
        levels, image = self._create.masks.levels, current.image
        is_same = before is not None and before.path == self._spot[0]
        is_wider = bool(self._spot[2])
        fits = is_same and not is_wider and (levels is None or levels.shape == (image.height(), image.width()))
        editor = self._session.draft_editor
        editor.end_step()
        strength = before.strength if before is not None and fits else strength_without(draft)
        source, kept = Source(str(path), strength), mask if fits else None  # it may have been enlarged
        left = _Left((before, mask), (source, kept), self._spot, self._paths, self._source)
        self._session.edit(source=source, mask=kept)
        editor.end_step()
        self._forget()
        self._left = left
        told = Message(
            tr("Taken"), tr("The next change begins with this picture; Undo brings the former one back.")
        )
        undo = Choice(tr("Undo"), partial(self._session.edit, source=before, mask=mask), "undoTakeButton")
        self._create.messages.show_message(TAKEN, told, "info", (undo,), TAKEN_MS)

    @Slot(object)
    def _on_edited(self, draft: GenerationRequest) -> None:
        """Shows the candidates again when taking one was undone, and no more when it was redone."""
        left, start = self._left, (draft.source, draft.mask)
        if left is None:
            return
        if start == left.before:
            self._create.messages.dismiss(TAKEN)
            if self._spot is None:
                self._spot, self._paths, self._source = left.spot, left.paths, left.source
                self._show()
        elif start == left.after and self._spot == left.spot:
            self._forget()
            self._left = left

    @Slot()
    def _forget(self) -> None:
        self._spot, self._paths, self._source, self._left = None, [], None, None
        self._show()


def _in_frame(picture: QImage, margins: Margins, brush: QBrush) -> QImage:
    """Returns a picture in its place in a wider one, which is filled with the brush beside it."""
    if not margins:
        return picture
    frame = QImage(*margins.around(picture.width(), picture.height()), QImage.Format.Format_RGB32)
    painter = QPainter(frame)
    painter.fillRect(frame.rect(), brush)
    painter.drawImage(margins.left, margins.top, picture)
    painter.end()
    return frame


def _spot_of(request: GenerationRequest) -> Spot | None:
    """Returns the spot on which a picture was made, None for a picture that has no mask."""
    if request.source is None or request.mask is None:
        return None
    return request.source.path, request.mask.path, request.mask.margins
