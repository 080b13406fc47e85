"""Decides which picture the canvas shows: the one in progress, or one that the user opened."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage

from app.canvas.overlay import EmptyText
from app.canvas.view import Canvas, Shown
from app.session.picture_loader import OpenedPicture
from app.session.progress_text import PHASE_WORDS
from app.session.run import RunState, SavedPicture
from app.session.session import Session
from app.widgets.pixels import to_image
from core.film.film import Film, Frame
from core.language.words import tr
from core.pictures.picture import GeneratedImage
from core.pictures.pixels import Pixels
from core.request.request import GenerationRequest, Size
from core.runs.events import ImageReady, Phase, Started, Stepped
from core.runs.operations import Decode

PAUSED = "paused step"
"""The kind of task that decodes the step at which a run is paused."""


@dataclass(frozen=True, slots=True, eq=False)
class CurrentPicture:
    """The picture on the canvas, as far as menus need it.

    Attributes:
        request: the request whose settings can be used; None if it is unknown.
        generated: the finished picture with all that is known about it; None for previews and for pictures
            without a recipe.
        path: its file, None while it has none.
        untold: as in `Recipe`.
    """

    image: QImage
    request: GenerationRequest | None
    generated: GeneratedImage | None = None
    path: Path | None = None
    untold: frozenset[str] = frozenset()


class CurrentView(QObject):
    """Shows the session's pictures and those that the user opens.

    Attributes:
        current: the shown picture, None while the canvas is empty.
        is_following: the canvas follows the picture in progress.
        canvas: shows it.

    Signals:
        following_changed: ``is_following`` has changed.
        step_decoded: a call of the run that is paused, and its true `Pixels`.
    """

    following_changed = Signal()
    step_decoded = Signal(int, object)

    def __init__(self, canvas: Canvas, session: Session) -> None:
        super().__init__(canvas)
        self.canvas = canvas
        self._session = session
        self._started: Started | None = None
        self._live: tuple[CurrentPicture, Shown] | None = None
        self._opened: CurrentPicture | None = None
        self._last_step = 0
        self.current: CurrentPicture | None = None
        self.is_following = True
        session.state_changed.connect(self._change_state)
        session.phase_changed.connect(self._change_phase)
        session.run_started.connect(self._start)
        session.step_shown.connect(self._step)
        session.rested.connect(self._on_rested)
        session.image_ready.connect(self._finish)
        session.picture_saved.connect(self._save)
        session.run_ended.connect(self._end)

    def show_opened(self, opened: OpenedPicture) -> None:
        """Shows a picture of the folder; the one in progress continues unseen."""
        self._set_following(is_following=False)
        request = opened.recipe.request if opened.recipe else None
        untold = opened.recipe.untold if opened.recipe else frozenset[str]()
        current = CurrentPicture(opened.image, request, opened.generated, opened.path, untold)
        description = request.prompt if request else opened.path.name
        self._opened = current
        self._show(current, Shown(opened.image, opened.image.size(), "", description))

    def show_frame(self, film: Film, frame: Frame, pixels: Pixels, *, is_decoded: bool) -> None:
        """Shows one step of a film, the last one as it was enlarged; a picture in progress continues unseen."""
        self._set_following(is_following=False)
        alone = film.pass_at(frame.call)
        image = _covering(to_image(pixels), alone.shown_size)
        if (enlarged := self._enlarged(film, frame)) is not None:
            badge, description = _step_words(
                frame.step + 1, film.request.all_steps, _enlarged_words(enlarged.image)
            )
            self._show(enlarged, Shown(enlarged.image, enlarged.image.size(), badge, description))
            return
        size = QSize(alone.whole_size.width, alone.whole_size.height)
        words = _step_words(frame.step + 1, film.request.all_steps, _kind(is_decoded=is_decoded))
        self._show(CurrentPicture(image, film.request), Shown(image, size, *words))

    def follow(self) -> None:
        """Returns to the picture in progress."""
        self._set_following(is_following=True)
        if self._live is not None:
            self._show(*self._live)

    def _enlarged(self, film: Film, frame: Frame) -> CurrentPicture | None:
        """Returns the finished picture of a film for its last call, where it is larger than what is decoded."""
        if film.request.upscaler is None or frame.call + 1 < film.schedule.calls:
            return None
        for known in (self._live[0] if self._live else None, self._opened):
            recipe = known.generated.recipe if known is not None and known.generated is not None else None
            if recipe is not None and recipe.run == film.run and recipe.stage == "final":
                return known
        return None

    def _set_following(self, *, is_following: bool) -> None:
        if is_following is not self.is_following:
            self.is_following = is_following
            self.following_changed.emit()

    def _show(self, current: CurrentPicture, shown: Shown) -> None:
        self.current = current
        self.canvas.show_picture(shown)

    def _show_live(self, pixels: Pixels, badge: str, description: str, generated: GeneratedImage | None) -> None:
        request = generated.request if generated else self._started.film.request if self._started else None
        image = to_image(pixels)
        size = image.size()
        if generated is None and self._started is not None:
            film = self._started.film
            if film.second is not None:
                is_second = self._last_step > film.request.steps
                film = film.pass_at(film.second.first_call if is_second else 0)
            image = _covering(image, film.shown_size)
            size = QSize(film.whole_size.width, film.whole_size.height)
        self._live = (CurrentPicture(image, request, generated), Shown(image, size, badge, description))
        if self.is_following:
            self._show(*self._live)

    @Slot(object)
    def _change_state(self, state: RunState) -> None:
        if state is RunState.running and self._started is None:
            self._tell(tr("Starting"))

    @Slot(object)
    def _change_phase(self, phase: Phase | None) -> None:
        if phase is not None:
            self._tell(PHASE_WORDS[phase])

    @Slot(object)
    def _start(self, started: Started) -> None:
        if started.index == 0:
            self._set_following(is_following=True)
        self._started = started
        self._last_step = 0
        self._tell(tr("Step 1 of {steps}", steps=started.film.request.all_steps))

    def _tell(self, happening: str) -> None:
        """Shows the state of the run on the empty canvas."""
        self.canvas.set_empty_text(EmptyText(happening, tr("The picture appears here with its first step.")))

    @Slot(object)
    def _step(self, stepped: Stepped) -> None:
        self._last_step = stepped.frame.step + 1
        preview = stepped.preview
        self._show_live(preview.pixels, *self._texts(is_decoded=preview.is_decoded), None)

    @Slot()
    def _on_rested(self) -> None:
        """A step that is looked at during a pause deserves the true picture."""
        film = self._session.progress.film
        if film is not None:
            frame = film.frames[-1]
            decode = Decode(film, frame.denoised)
            self._session.engine_tasks.submit(PAUSED, decode, partial(self._show_decoded, film, frame))

    def _show_decoded(self, film: Film, frame: Frame, pixels: Pixels) -> None:
        pixels = film.shown(pixels)
        if self._started is not None and frame.step + 1 == self._last_step:
            self._show_live(pixels, *self._texts(is_decoded=True), None)
        self.step_decoded.emit(frame.call, pixels)

    def _texts(self, *, is_decoded: bool) -> tuple[str, str]:
        steps = self._started.film.request.all_steps if self._started else self._last_step
        return _step_words(self._last_step, steps, _kind(is_decoded=is_decoded))

    @Slot(object)
    def _finish(self, ready: ImageReady) -> None:
        badge = _enlarged_words(to_image(ready.image.pixels)) if ready.image.request.upscaler is not None else ""
        self._show_live(ready.image.pixels, badge, ready.image.request.prompt, ready.image)

    @Slot()
    def _end(self) -> None:
        self._started = None
        self.canvas.set_empty_text(EmptyText())

    @Slot(object)
    def _save(self, saved: SavedPicture) -> None:
        """Notes the picture's file if it has one now; a picture saved after Stop replaces its preview."""
        image = saved.image
        if image.recipe.stage != "final" and self._started is None:
            badge = tr("Kept at step {step} of {steps}", step=image.recipe.step, steps=image.request.all_steps)
            self._show_live(image.pixels, badge, f"{image.request.prompt}. {badge}", image)
        if self._live is not None and self._live[0].generated is image:
            live, shown = self._live
            with_path = CurrentPicture(live.image, live.request, image, saved.path)
            self._live = (with_path, shown)
            if self.current is live:
                self.current = with_path


def _covering(image: QImage, size: Size) -> QImage:
    """Returns a preview, which is enlarged and cut where the picture ends within one of its places."""
    full = size.covered_by(image.width(), image.height())
    if full == size or image.width() > size.width or image.height() > size.height:
        return image
    smooth = Qt.TransformationMode.SmoothTransformation
    enlarged = image.scaled(full.width, full.height, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
    return enlarged.copy(0, 0, size.width, size.height)


def _kind(*, is_decoded: bool) -> str:
    return tr("decoded") if is_decoded else tr("preview (linear)")


def _enlarged_words(image: QImage) -> str:
    return tr("enlarged to {size}", size=Size(image.width(), image.height()).words)


def _step_words(step: int, steps: int, kind: str) -> tuple[str, str]:
    """Returns the badge, and the description for screen readers."""
    place = tr("Step {step} of {steps}", step=step, steps=steps)
    return f"{place}  ·  {kind}", f"{place}, {kind}"
