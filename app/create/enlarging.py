"""Enlarges finished pictures and refines them: asks how, queues them, and tells what came of it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget
from shiboken6 import Shiboken

from app.dialogs.enlarge import EnlargeDialog
from app.dialogs.refine_options import STRENGTH_OF_MANY
from app.messages.errors import Message
from app.session.run import Ending, RunState, SavedPicture
from app.session.session import Session
from app.session.upscaler_selection import UpscalerSelection
from app.widgets.message_bar import Choice, MessageArea, Notice
from core.errors import UnreadablePicture
from core.language.words import plural, tr
from core.pictures.dimensions import opened, size_in
from core.pictures.metadata import read_recipe
from core.request.request import GenerationRequest, Size, Upscaler
from core.runs.enlargement import EnlargeFiles
from core.runs.events import Phase
from core.runs.refining import Refining, tile_side

ENLARGED = "enlarged"
LASTING_MS = 20_000


class Enlarging(QObject):
    """Part of the window.

    Signals:
        told: a `Notice` about pictures that are enlarged.
    """

    told = Signal(object)

    def __init__(
        self,
        window: QWidget,
        session: Session,
        upscalers: UpscalerSelection,
        show: Callable[[Path], None],
        delete: Callable[..., None],
    ) -> None:
        """``show`` opens a picture; ``delete`` moves those to the trash that the user does not want after all."""
        super().__init__(window)
        self._window = window
        self._show_picture = show
        self._delete = delete
        self._session = session
        self._upscalers = upscalers
        self._dialog: EnlargeDialog | None = None
        self._done: tuple[Path, ...] = ()
        self._tells_work = False
        self._tasks = session.background.queue(self, "sizes")
        upscalers.changed.connect(self._show_files)
        session.picture_enlarged.connect(self._on_enlarged)
        session.phase_changed.connect(self._on_phase_changed)
        session.state_changed.connect(self._on_state_changed)
        session.run_ended.connect(self._on_run_ended)

    @Slot(object)
    def ask(self, paths: tuple[Path, ...]) -> None:
        """Asks how these pictures are to be enlarged."""
        if len(paths) == 1:
            self._tasks.submit(partial(_told_by, paths[0]), partial(self._open, paths))
        elif paths:
            self._open(paths, (None, None))

    def _open(self, paths: tuple[Path, ...], told: tuple[Size | None, GenerationRequest | None]) -> None:
        draft, (size, own) = replace(self._session.draft, upscaler=None), told
        tiles = self._tile_of(own), self._tile_of(draft)
        dialog = EnlargeDialog(paths, size, self._upscalers.chosen, self._window, draft, tiles)
        dialog.chosen.connect(partial(self._enlarge, paths))
        self._dialog = dialog
        self._show_files()
        self._upscalers.look()
        dialog.open()

    def _tile_of(self, request: GenerationRequest | None) -> int:
        """Returns the side of the tiles in pixels; 0 without the model, or too few steps for a low strength."""
        if request is None or int(request.steps * STRENGTH_OF_MANY) < 1:
            return 0
        model = self._session.model_of(request)
        return tile_side(model, 0) if model is not None else 0

    def _enlarge(
        self, paths: tuple[Path, ...], upscaler: Upscaler | None, longer_side: int, refining: Refining | None
    ) -> None:
        self._session.queue.add(EnlargeFiles(paths, upscaler, longer_side, refining))

    @Slot()
    def _show_files(self) -> None:
        if self._dialog is not None and Shiboken.isValid(self._dialog):
            self._dialog.show_files(self._upscalers.files)

    @Slot(object)
    def _on_enlarged(self, saved: SavedPicture) -> None:
        self._done, self._tells_work = (*self._done, saved.path), False
        paths, (height, width) = self._done, saved.image.pixels.shape[:2]
        title = plural("1 picture is enlarged", "{count:,} pictures are enlarged", len(paths))
        sentence = tr("{name}, {size} pixels", name=saved.path.name, size=Size(width, height).words)
        if saved.image.recipe.refined is not None:
            title = plural("1 picture is refined", "{count:,} pictures are refined", len(paths))
        show = Choice(tr("Show"), partial(self._show_picture, saved.path), "showEnlargedButton")
        delete = Choice(tr("Move to trash"), partial(self._delete, *paths), "deleteEnlargedButton")
        self.told.emit(Notice(ENLARGED, Message(title, sentence), "info", (show, delete), LASTING_MS))

    @Slot(object)
    def _on_phase_changed(self, phase: Phase | None) -> None:
        run = self._session.pool.followed.run
        if phase not in (Phase.enlarging, Phase.refining) or run is None:
            return
        if isinstance(run.operation, EnlargeFiles):
            name = run.operation.paths[0].name
            title = tr("Enlarging picture {number} of {count}", number=run.number + 1, count=run.count)
            if phase is Phase.refining:
                title = tr("Refining picture {number} of {count}", number=run.number + 1, count=run.count)
            self._tells_work = True
            stop = Choice(tr("Stop"), self._session.stop, "stopEnlargingButton")
            self.told.emit(Notice(ENLARGED, Message(title, name), "info", (stop,), LASTING_MS))

    @Slot(object)
    def _on_state_changed(self, state: RunState) -> None:
        if state is RunState.running:  # what is told next is about what begins now
            self._done = ()

    @Slot(object)
    def _on_run_ended(self, ending: Ending) -> None:
        """Takes back that a picture is worked on, on whichever page it was told."""
        if self._tells_work and ending is not Ending.finished:
            self._tells_work = False
            for area in self._window.findChildren(MessageArea):
                area.dismiss(ENLARGED)


def _told_by(path: Path) -> tuple[Size | None, GenerationRequest | None]:
    """Returns the size and the settings of a picture, each None where it cannot be read."""
    size = request = None
    with suppress(UnreadablePicture), opened(path) as file:
        size = size_in(file, path)
        request = read_recipe(path).request
    return size, request
