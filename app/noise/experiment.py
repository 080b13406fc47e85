"""The state behind the page: the picture, the amount of noise, and the engine's answers."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.messages.errors import Message
from app.session.session import Session
from core.film.film import Latent
from core.measures.conversions import standard_noise
from core.pictures.pixels import Pixels
from core.request.request import GenerationRequest, Source
from core.runs.operations import EncodePicture, PredictOnce
from core.runs.round_trip import EncodedPicture, OneStep, strength_of

TAKE, STEP = "take a picture apart", "one-step prediction"
"""Kinds of tasks."""

REST_MS = 120
"""The network is asked about a noise level that is shown for this long."""

FIRST_PART = 0.5
"""The slider's first place, as a part of all timesteps."""


class Experiment(QObject):
    """One picture at one noise level. Prompt, model and its settings are those of the draft.

    Attributes:
        shown: the picture on the page, None before the first one.
        t: the training timestep.
        is_taking: another picture, or the same for another model, is on its way; `shown` waits meanwhile.

    Signals:
        taking: see `is_taking`.
        taken(object): a `EncodedPicture`, now `shown`.
        noise_changed: ``t``, the noise or the draft changed; see `noisy_preview`.
        step_made(object): a `OneStep`; None when it no longer belongs to what is shown.
        refused(object), step_refused(object): a `Message`: the picture cannot be used; the network has no answer.
    """

    taking = Signal()
    taken = Signal(object)
    noise_changed = Signal()
    step_made = Signal(object)
    refused = Signal(object)
    step_refused = Signal(object)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.shown: EncodedPicture | None = None
        self.t = 0
        self._wanted: Path | None = None
        self._failed: Path | None = None
        self._asked: GenerationRequest | None = None
        self._is_seen = False
        self._noise_seed = 0
        self._noise: Latent | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._ask_step)
        session.draft_edited.connect(self._follow_draft)

    @property
    def is_taking(self) -> bool:
        return self._wanted is not None

    @property
    def source(self) -> Source | None:
        """Returns the source of image to image at ``t``, or None without a picture."""
        if self.shown is None:
            return None
        strength = strength_of(self.t, self.shown.last_t + 1, self._session.draft.steps)
        return Source(str(self.shown.path), strength)

    def open(self, path: Path) -> None:
        """Encodes another picture; ``taken`` or ``refused`` follows."""
        self._wanted = path.absolute()
        self._failed = self._asked = None
        self._take()

    def set_seen(self, is_seen: bool) -> None:
        """Asks the engine nothing while the page is hidden."""
        self._is_seen = is_seen
        if is_seen:
            self._follow_draft(self._session.draft)
        else:
            self._rest.stop()

    def set_t(self, t: int) -> None:
        if self.shown is not None and t != self.t:
            self.t = t
            self._change_noise()

    def draw_other_noise(self) -> None:
        """Draws another epsilon for the picture and level."""
        if self.shown is not None:
            self._noise_seed += 1
            self._noise = standard_noise(self.shown.trip.latent.shape, self._noise_seed)
            self._change_noise()

    def noisy_preview(self) -> Pixels | None:
        """Returns x_t by the linear map, at once."""
        noisy = self._noisy()
        return None if noisy is None or self.shown is None else self.shown.trip.latent_rgb.picture(noisy)

    def denoise(self) -> None:
        """Denoises from here by image to image: puts picture and strength into the draft and generates."""
        if self.source is not None:
            self._session.edit(source=self.source, mask=None)
            self._session.generate()

    def _noisy(self) -> Latent | None:
        if self.shown is None or self._noise is None:
            return None
        return self.shown.trip.noised(self.t, self._noise)

    def _take(self) -> None:
        self._rest.stop()
        self._session.engine_tasks.withdraw(STEP)
        self.taking.emit()
        if not self._is_seen:
            return
        request = replace(self._session.draft, source=Source(str(self._wanted), 1.0), mask=None, count=1)
        self._asked = request
        operation = EncodePicture(request)
        self._session.engine_tasks.submit(TAKE, operation, self._show, self._refuse)

    def _show(self, taken: EncodedPicture) -> None:
        is_first = self.shown is None and self._noise is None
        self._wanted = None
        self.shown = taken
        if self._noise is None or self._noise.shape != taken.trip.latent.shape:
            self._noise = standard_noise(taken.trip.latent.shape, self._noise_seed)
        self.t = round(FIRST_PART * taken.last_t) if is_first else min(self.t, taken.last_t)
        self.taken.emit(taken)
        self._change_noise()

    def _refuse(self, message: Message) -> None:
        """Keeps the earlier picture, unless another model cannot use that one."""
        failed, self._wanted = self._wanted, None
        if self.shown is None or self.shown.path == failed:
            self.shown = None
            self._failed = failed
        self.refused.emit(message)
        if self.shown is not None:
            self.step_made.emit(None)
            self._follow_draft(self._session.draft)

    def _change_noise(self) -> None:
        self.noise_changed.emit()
        self.step_made.emit(None)
        self._rest.start()

    @Slot()
    def _ask_step(self) -> None:
        shown, noisy, t = self.shown, self._noisy(), self.t
        if shown is None or noisy is None or self.is_taking or not self._is_seen:
            return
        request = replace(self._session.draft, source=None, mask=None, count=1)
        operation = PredictOnce(request, shown.trip, noisy, t)
        self._session.engine_tasks.submit(STEP, operation, self._take_step, self.step_refused.emit)

    def _take_step(self, step: OneStep) -> None:
        if step.t == self.t:
            self.step_made.emit(step)

    @Slot(object)
    def _follow_draft(self, draft: GenerationRequest) -> None:
        """Encodes the picture again for another model or size, even if the earlier model refused it."""
        if not self._is_seen:
            return
        if self.is_taking:
            if not _is_alike(self._asked, draft):
                self._take()
        elif self.shown is None:
            if self._failed is not None and not _is_alike(self._asked, draft):
                self.open(self._failed)
        elif not _is_alike(self.shown.request, draft):
            self.open(self.shown.path)
        else:
            self.noise_changed.emit()
            self._rest.start()


def _is_alike(request: GenerationRequest | None, draft: GenerationRequest) -> bool:
    """Returns whether a picture that was encoded for ``request`` also serves ``draft``."""
    return request is not None and (request.model, request.size) == (draft.model, draft.size)
