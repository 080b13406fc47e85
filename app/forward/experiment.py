"""The state behind the page: which picture, how much noise, and what the engine said about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.messages import Message
from app.run import Engine
from app.studio import Studio
from core.film import Latent
from core.picture import Pixels
from core.request import GenerationRequest, Source
from core.round_trip import OneStep, RoundTrip, standard_noise, strength_of

TRIP, STEP = "forward trip", "forward step"
REST_MS = 120
"""A noise level that is looked at for this long is worth asking the network."""

FIRST_PART = 0.5
"""Where the slider stands at first, as a part of all timesteps: half picture, half noise, roughly."""

NOISE_SEED = 0


class Experiment(QObject):
    """One picture at one noise level. The prompt, the model and its settings are the draft's.

    Attributes:
        path: the picture's file, None before there is one.
        trip: its way through the autoencoder, None before it has been made.
        t: the training timestep.

    Signals:
        trip_made: a `RoundTrip`, or None while another picture is on its way.
        noise_changed: ``t`` or the picture changed; see `noisy_preview`.
        step_made: a `OneStep`; None when it no longer belongs to what is shown.
        refused: a `Message`: the picture cannot be used.
    """

    trip_made = Signal(object)
    noise_changed = Signal()
    step_made = Signal(object)
    refused = Signal(object)

    def __init__(self, studio: Studio, parent: QObject) -> None:
        super().__init__(parent)
        self._studio = studio
        self.path: Path | None = None
        self.trip: RoundTrip | None = None
        self.t = 0
        self._noise: Latent | None = None
        self._is_seen = False
        self._request = studio.draft
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._ask_step)
        studio.draft_edited.connect(self._follow_draft)

    @property
    def request(self) -> GenerationRequest:
        """The draft with this picture to begin with."""
        assert self.path is not None
        return replace(self._studio.draft, source=Source(str(self.path), self.strength), count=1)

    @property
    def strength(self) -> float:
        """With which image to image begins at ``t``."""
        if self.trip is None:
            return 1.0
        return strength_of(self.t, len(self.trip.alphas_cumprod), self._studio.draft.steps)

    def open(self, path: Path) -> None:
        """Takes another picture; ``trip_made`` or ``refused`` follows."""
        self.path = path.absolute()
        self._begin()

    def set_seen(self, is_seen: bool) -> None:
        """Nothing is asked of the engine while nobody looks."""
        self._is_seen = is_seen
        if is_seen and self.path is not None:
            if self.trip is None or self._needs_new_trip(self._studio.draft):
                self._begin()
            else:
                self._rest.start()

    def set_t(self, t: int) -> None:
        if self.trip is not None and t != self.t:
            self.t = t
            self._change_noise()

    def draw_other_noise(self) -> None:
        """The same picture and level, another epsilon."""
        if self._noise is not None and self.trip is not None:
            self._noise = standard_noise(self.trip.latent.shape, int(abs(self._noise.flat[0]) * 2**30))
            self._change_noise()

    def noisy_preview(self) -> Pixels | None:
        """x_t by the linear map, at once."""
        noisy = self._noisy()
        return None if noisy is None or self.trip is None else self.trip.latent_rgb.picture(noisy)

    def denoise(self, prompt: str) -> None:
        """Image to image from here: puts picture, strength and prompt into the draft and generates."""
        self._studio.edit(prompt=prompt, source=Source(str(self.path), self.strength))
        self._studio.generate()

    def _noisy(self) -> Latent | None:
        if self.trip is None or self._noise is None:
            return None
        return self.trip.noised(self.t, self._noise)

    def _begin(self) -> None:
        self.trip = None
        self._request = self._studio.draft
        self.trip_made.emit(None)
        self.step_made.emit(None)
        if not self._is_seen:
            return
        request = self.request

        def work(engine: Engine) -> RoundTrip:
            return engine.round_trip(request)

        self._studio.errands.ask(TRIP, work, self._take_trip, self._refuse)

    def _take_trip(self, trip: RoundTrip) -> None:
        is_first = self._noise is None
        self.trip = trip
        if self._noise is None or self._noise.shape != trip.latent.shape:
            self._noise = standard_noise(trip.latent.shape, NOISE_SEED)
        last = len(trip.alphas_cumprod) - 1
        self.t = round(FIRST_PART * last) if is_first else min(self.t, last)
        self.trip_made.emit(trip)
        self._change_noise()

    def _refuse(self, message: Message) -> None:
        self.path = None
        self.refused.emit(message)

    def _change_noise(self) -> None:
        self.noise_changed.emit()
        self.step_made.emit(None)
        self._rest.start()

    @Slot()
    def _ask_step(self) -> None:
        trip, noisy, t = self.trip, self._noisy(), self.t
        if trip is None or noisy is None or not self._is_seen:
            return
        request = replace(self._studio.draft, source=None, count=1)

        def work(engine: Engine) -> OneStep:
            return engine.one_step(request, trip, noisy, t)

        self._studio.errands.ask(STEP, work, self._take_step, self.refused.emit)

    def _take_step(self, step: OneStep) -> None:
        if step.t == self.t:
            self.step_made.emit(step)

    @Slot(object)
    def _follow_draft(self, draft: GenerationRequest) -> None:
        if self.path is None or not self._is_seen:
            return
        if self._needs_new_trip(draft):
            self._begin()
        else:
            self.noise_changed.emit()
            self._rest.start()

    def _needs_new_trip(self, draft: GenerationRequest) -> bool:
        return (draft.model, draft.size) != (self._request.model, self._request.size)
