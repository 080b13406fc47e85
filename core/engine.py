"""The engine: from a request to pictures, told as a stream of events. The whole story on one page."""

from __future__ import annotations

import gc
import secrets
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import TypeVar

import diffusers.utils.logging
import torch
import transformers.utils.logging

from core import decoding, forward_process
from core.attention import AttentionRecorder
from core.branch import Branch
from core.catalogue import Catalogue
from core.denoising import Predict
from core.development import Development, image_of, rebuild_frames
from core.device import DevicePlan, plan
from core.errors import OutOfMemory
from core.events import Event, Loading, Phase, PreviewMode
from core.families import FAMILIES, Family
from core.film import Film, Frame, Latent, Schedule
from core.film_file import Recording
from core.measures.conversions import noisy_of
from core.other_schedules import other_schedules
from core.picture import GeneratedImage, Pixels, Stage
from core.preview import DecodeTimes, PreviewBudget
from core.request import GenerationRequest, validate
from core.round_trip import OneStep, RoundTrip
from core.source_picture import read_source
from core.start import from_branch, from_recording, from_request
from core.tensors import to_torch
from core.tokens import TokenCounter

Result = TypeVar("Result")

RANDOM_SEEDS = 2**32
"""Seeds that we choose ourselves fit into 32 bits, so that every other program can use them too."""


class Engine:
    """Owns at most one loaded model; serves one caller at a time, all in one thread.

    Attributes:
        plan: the device and dtype in use.
    """

    def __init__(self, catalogue: Catalogue, device: str | None = None, dtype: str | None = None) -> None:
        """Chooses the device. Raises DeviceMissing."""
        _silence_progress_bars()
        self.plan: DevicePlan = plan(device, dtype)
        self._catalogue = catalogue
        self._family: Family | None = None
        self._decode_times: DecodeTimes = {}

    def generate(
        self,
        request: GenerationRequest,
        previews: PreviewMode = PreviewMode.automatic,
        attention: bool = False,
    ) -> Generator[Event, None, None]:
        """Makes ``request.count`` pictures, one after the other: a picture does not depend on its neighbours.

        With ``attention`` each `Stepped` tells where words acted; it takes longer, and the picture is the same.
        Stopping is closing the generator; nothing is left behind. Pausing is not asking for the next event.

        Raises:
            InvalidRequest, ModelMissing, ModelBroken, UnreadablePicture: before the first step.
            OutOfMemory, NotANumberPicture: later.
        """
        validate(request, self._catalogue.find(request.model).limits)
        yield from self._guarded(self._generate(request, previews, attention))

    def branch(
        self, branch: Branch, previews: PreviewMode = PreviewMode.automatic, attention: bool = False
    ) -> Generator[Event, None, None]:
        """Takes a run up again at one of its calls; only the calls after it run the network.

        With nothing changed the picture is the one that the uninterrupted run gives. Events and errors are those
        of `generate`; the film of `Started` already has the frames that were taken over.
        """
        # what a run began with is in its film: the source picture may be gone
        request = replace(branch.request, source=None) if branch.film.frames else branch.request
        validate(request, self._catalogue.find(request.model).limits)
        yield from self._guarded(self._branch(branch, previews, attention))

    @torch.inference_mode()
    def decode(self, film: Film, latent: Latent) -> Pixels:
        """The true picture of a latent in variance-preserving scale, such as `Frame.denoised`."""
        family = self._loaded(film.request)
        return decoding.decode(family, to_torch(latent, self.plan.device))[0]

    @torch.inference_mode()
    def keep(self, film: Film, frame: Frame, stage: Stage) -> GeneratedImage:
        """A picture of one frame: what the model believed in (``denoised``), or what it saw (``noisy``)."""
        began = time.perf_counter()
        family = self._loaded(film.request)
        latent = to_torch(noisy_of(frame, film.space) if stage == "noisy" else frame.denoised, self.plan.device)
        pixels, note = decoding.decode(family, latent)
        return image_of(film, self.plan, pixels, stage, frame.step + 1, time.perf_counter() - began, note)

    @torch.inference_mode()
    def replay(self, recording: Recording) -> Film:
        """The film of a recording, with every latent rebuilt exactly; neither network nor model is needed."""
        return rebuild_frames(from_recording(recording, self.plan.device))

    @torch.inference_mode()
    def round_trip(self, request: GenerationRequest) -> RoundTrip:
        """Encodes and decodes the request's source picture.

        Raises InvalidRequest, ModelMissing, ModelBroken, UnreadablePicture, OutOfMemory, NotANumberPicture.
        """
        validate(request, self._catalogue.find(request.model).limits)
        assert request.source is not None
        picture = read_source(request.source, request.size)
        family = self._loaded(request)
        return self._in_memory(lambda: forward_process.round_trip(family, picture, self.plan.device))

    @torch.inference_mode()
    def one_step(self, request: GenerationRequest, trip: RoundTrip, noisy: Latent, t: int) -> OneStep:
        """What the network believes in when it sees x_t once, with the request's prompt and guidance.

        Raises InvalidRequest, ModelMissing, ModelBroken, OutOfMemory, NotANumberPicture.
        """
        validate(request, self._catalogue.find(request.model).limits)
        family = self._loaded(request)
        return self._in_memory(lambda: forward_process.one_step(family, request, trip, noisy, t, self.plan.device))

    def other_schedules(self, film: Film) -> dict[str, Schedule]:
        """What other samplers would have done with as many steps; see `core.other_schedules`. Needs no model."""
        return other_schedules(film)

    def close(self) -> None:
        """Frees the model and the device's memory; the engine can be used again and loads anew."""
        self._family = None
        gc.collect()
        if self.plan.device.type == "cuda":
            torch.cuda.empty_cache()

    def _guarded(self, events: Generator[Event, None, None]) -> Generator[Event, None, None]:
        try:
            yield from events
        except torch.OutOfMemoryError:
            is_out_of_memory = True  # raised below, when the failed attempt's tensors are free
        else:
            is_out_of_memory = False
        if is_out_of_memory:
            raise self._out_of_memory()

    def _in_memory(self, work: Callable[[], Result]) -> Result:
        """The same for what is asked beside runs."""
        try:
            return work()
        except torch.OutOfMemoryError:
            pass
        raise self._out_of_memory()

    def _out_of_memory(self) -> OutOfMemory:
        gc.collect()
        return OutOfMemory(self.plan.device.type, None, self._free_memory())

    @torch.inference_mode()
    def _generate(
        self, request: GenerationRequest, previews: PreviewMode, attention: bool
    ) -> Generator[Event, None, None]:
        family = yield from self._load(request)
        predict = yield from self._read_prompt(family, request)
        recorder = self._recorder(family, request, predict) if attention else None
        first_seed = secrets.randbelow(RANDOM_SEEDS) if request.seed is None else request.seed
        for index in range(request.count):
            single = replace(request, seed=(first_seed + index) % 2**64, count=1)
            start = from_request(family, single, self.plan.device)
            budget = self._budget(request, previews)
            yield from Development(
                family, self.plan, recorder or predict, start, budget, index, request.count, recorder
            ).run()

    @torch.inference_mode()
    def _branch(self, branch: Branch, previews: PreviewMode, attention: bool) -> Generator[Event, None, None]:
        family = yield from self._load(branch.request)
        start = from_branch(family, branch, self.plan.device)
        predict = yield from self._read_prompt(family, start.film.request)
        budget = self._budget(start.film.request, previews)
        recorder = self._recorder(family, start.film.request, predict) if attention else None
        yield from Development(family, self.plan, recorder or predict, start, budget, attention=recorder).run()

    def _load(self, request: GenerationRequest) -> Generator[Event, None, Family]:
        if not self._is_loaded(request):
            yield Loading(Phase.loading_model)
        return self._loaded(request)

    def _read_prompt(self, family: Family, request: GenerationRequest) -> Generator[Event, None, Predict]:
        if not family.knows_prompt(request):
            yield Loading(Phase.reading_prompt)
        return family.read_prompt(request, batch=1)

    def _recorder(self, family: Family, request: GenerationRequest, predict: Predict) -> AttentionRecorder | None:
        model = self._catalogue.find(request.model)
        if not model.capabilities.has_attention_words:
            return None
        words = TokenCounter.for_model(model).words(request.prompt)
        return AttentionRecorder(predict, family.network(), words)

    def _budget(self, request: GenerationRequest, previews: PreviewMode) -> PreviewBudget:
        return PreviewBudget(previews, self._decode_times, (request.model, request.size))

    def _is_loaded(self, request: GenerationRequest) -> bool:
        return self._family is not None and self._family.identity.key == request.model

    def _loaded(self, request: GenerationRequest) -> Family:
        """The request's model; loads it, after the one before has been freed."""
        if self._family is None or self._family.identity.key != request.model:
            self.close()
            model = self._catalogue.identified(self._catalogue.find(request.model))
            self._family = FAMILIES[model.family](model, self.plan)
        return self._family

    def _free_memory(self) -> int | None:
        return torch.cuda.mem_get_info(self.plan.device)[0] if self.plan.device.type == "cuda" else None


def _silence_progress_bars() -> None:
    """The libraries draw bars on standard error, which a windowed program does not have."""
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
